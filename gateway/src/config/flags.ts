import { parseArgs } from "node:util";
import { type Entry, spellings } from "./entries.js";
import { flagName } from "./names.js";
import { settingOf } from "./settings.js";
import { didYouMean } from "./suggest.js";

/** A flag of one command alone. */
export interface Option {
  readonly type: "string" | "boolean";
  /** May be given more than once. */
  readonly multiple?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

type OptionValue<O extends Option> = O["type"] extends "boolean"
  ? boolean
  : O["multiple"] extends true
    ? readonly string[]
    : string | undefined;

export interface Flags<O extends Options = Record<never, Option>> {
  /** Flags that are settings of the gateway. */
  readonly entries: readonly Entry[];
  /** The value of `--config`. */
  readonly configFile: string | undefined;
  readonly options: { readonly [Name in keyof O]: OptionValue<O[Name]> };
  readonly positionals: readonly string[];
  readonly faults: readonly string[];
}

/** What the configuration needs of a command line. */
export type SettingFlags = Pick<Flags, "entries" | "configFile" | "faults">;

export interface FlagRules<O extends Options> {
  readonly options: O;
  /** Whether the settings' flags and `--config` are taken. */
  readonly settings: boolean;
  /** Whether words that are no flags are taken. */
  readonly positionals: boolean;
}

const SETTING_FLAGS = spellings(flagName);
const CONFIG_FLAG = "--config";

/** Reads a command line; whatever is wrong with it is collected, not thrown. */
export function parseFlags<const O extends Options>(
  argv: readonly string[],
  rules: FlagRules<O>,
): Flags<O> {
  const reader = new FlagReader(rules);
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(rules),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option") reader.option(token.rawName, token.value);
    else if (token.kind === "positional") reader.positional(token.value);
  }
  return reader.flags();
}

function parserOptions(rules: FlagRules<Options>): Record<string, Option> {
  const known: Record<string, Option> = { ...rules.options };
  if (!rules.settings) return known;
  known[CONFIG_FLAG.slice(2)] = { type: "string" };
  for (const [flag, { setting, fromFile }] of SETTING_FLAGS) {
    const bare = settingOf(setting).kind.bare === true && !fromFile;
    known[flag.slice(2)] = { type: bare ? "boolean" : "string" };
  }
  return known;
}

class FlagReader<O extends Options> {
  readonly #rules: FlagRules<O>;
  readonly #entries: Entry[] = [];
  readonly #values = new Map<string, string[]>();
  readonly #positionals: string[] = [];
  readonly #faults: string[] = [];
  #configFile: string | undefined;
  /** The word behind an unknown flag may be its value: no fault of its own. */
  #afterUnknown = false;

  constructor(rules: FlagRules<O>) {
    this.#rules = rules;
  }

  option(rawName: string, value: string | undefined): void {
    const name = rawName.slice(2);
    const setting = this.#rules.settings ? SETTING_FLAGS.get(rawName) : undefined;
    this.#afterUnknown = false;
    if (rawName.startsWith("--") && Object.hasOwn(this.#rules.options, name))
      this.#own(name, value);
    else if (setting !== undefined) this.#setting(rawName, setting, value);
    else if (this.#rules.settings && rawName === CONFIG_FLAG) this.#config(value);
    else this.#unknown(rawName);
  }

  positional(word: string): void {
    if (this.#rules.positionals) this.#positionals.push(word);
    else if (!this.#afterUnknown) this.#faults.push(`${JSON.stringify(word)} is not expected here`);
    this.#afterUnknown = false;
  }

  flags(): Flags<O> {
    return {
      entries: this.#entries,
      configFile: this.#configFile,
      options: this.#options(),
      positionals: this.#positionals,
      faults: this.#faults,
    };
  }

  #own(name: string, value: string | undefined): void {
    const option = this.#rules.options[name];
    const given = this.#values.get(name) ?? [];
    if (option?.type === "string" && value === undefined)
      this.#faults.push(needsValue(`--${name}`));
    else if (option?.type === "boolean" && value !== undefined) {
      this.#faults.push(`--${name} takes no value`);
    } else if (given.length > 0 && option?.multiple !== true) {
      this.#faults.push(`--${name} is given more than once`);
    } else this.#values.set(name, [...given, value ?? ""]);
  }

  #setting(written: string, meaning: Pick<Entry, "setting" | "fromFile">, value?: string): void {
    const bare = settingOf(meaning.setting).kind.bare === true;
    if (this.#entries.some((entry) => entry.written === written)) {
      this.#faults.push(`${written} is given more than once`);
    } else if (value === undefined && !bare) this.#faults.push(needsValue(written));
    else this.#entries.push({ ...meaning, written, input: value ?? true });
  }

  #config(value: string | undefined): void {
    if (value === undefined) this.#faults.push(needsValue(CONFIG_FLAG));
    else this.#configFile = value;
  }

  #unknown(rawName: string): void {
    const settings = this.#rules.settings ? [...SETTING_FLAGS.keys(), CONFIG_FLAG] : [];
    const own = Object.keys(this.#rules.options).map((name) => `--${name}`);
    this.#faults.push(`${rawName} is no flag${didYouMean(rawName, [...own, ...settings])}`);
    this.#afterUnknown = true;
  }

  #options(): Flags<O>["options"] {
    const values: Record<string, boolean | string | readonly string[] | undefined> = {};
    for (const [name, option] of Object.entries(this.#rules.options)) {
      const given = this.#values.get(name);
      if (option.type === "boolean") values[name] = given !== undefined;
      else values[name] = option.multiple === true ? (given ?? []) : given?.[0];
    }
    return values as Flags<O>["options"];
  }
}

function needsValue(flag: string): string {
  return `${flag} needs a value, as in ${flag}=VALUE`;
}
