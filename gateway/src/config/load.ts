import { readFileSync } from "node:fs";
import {
  CONFIG_VARIABLE,
  type Entries,
  type Entry,
  type Environment,
  readConfigFile,
  readEnvironment,
} from "./entries.js";
import { parseFlags, type SettingFlags } from "./flags.js";
import { Misfit } from "./kinds.js";
import { quote } from "./mask.js";
import { crossFaults, type Requirement } from "./rules.js";
import { type Config, SETTING_NAMES, type SettingName, settingOf } from "./settings.js";

export interface Sources {
  readonly env: Environment;
  /** The command line behind the command's name. */
  readonly argv?: readonly string[];
  /** The command line as it was read already, instead of `argv`. */
  readonly flags?: SettingFlags;
  /** What must be set; both by default. */
  readonly requires?: readonly Requirement[];
  /** True for `keywire dev`. */
  readonly dev?: boolean;
  /** Reads a Redis URL to the end, as the keyspace layer does; throws an Error that says what is wrong. */
  readonly checkRedis?: (url: string) => unknown;
}

export interface LoadedConfig {
  readonly config: Config;
  /** The name under which each setting was given; none for those left at their default. */
  readonly origins: ReadonlyMap<SettingName, string>;
}

/** All that is wrong with the configuration, one sentence per fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.length === 1 ? faults[0] : `${faults.length} things are wrong:\n${list(faults)}`);
    this.faults = faults;
  }
}

function list(faults: readonly string[]): string {
  return faults.map((fault) => `  - ${fault}`).join("\n");
}

/**
 * The configuration from flags, environment, file and defaults, in this order of precedence.
 *
 * @throws ConfigError with every fault of every source
 */
export function loadConfig(sources: Sources): Config {
  return readConfig(sources).config;
}

/** As `loadConfig`, with where each value came from. */
export function readConfig(sources: Sources): LoadedConfig {
  const flags = sources.flags ?? parseFlags(sources.argv ?? [], SETTINGS_ONLY);
  const environment = readEnvironment(sources.env);
  const file = openConfigFile(flags, sources.env);
  const faults = [...flags.faults, ...environment.faults, ...file.faults];

  const values: Record<string, unknown> = {};
  const origins = new Map<SettingName, string>();
  const check = checkOf(sources);
  for (const setting of SETTING_NAMES) {
    const entry = winner(setting, [flags, environment, file], faults);
    if (entry !== undefined) origins.set(setting, entry.written);
    values[setting] =
      entry === undefined ? settingOf(setting).fallback : parse(entry, check, faults);
  }
  // The rows' kinds made every value, and Config's fields are the rows.
  const config = { ...values, dev: sources.dev ?? false } as Config;
  faults.push(...crossFaults(config, origins, new Set(sources.requires ?? ["redis", "tokens"])));
  if (faults.length > 0) throw new ConfigError(faults);
  return { config, origins };
}

const SETTINGS_ONLY = { options: {}, settings: true, positionals: false } as const;

function openConfigFile(flags: SettingFlags, env: Environment): Entries {
  if (flags.configFile !== undefined) return readConfigFile(flags.configFile, "--config");
  const path = env[CONFIG_VARIABLE];
  return path ? readConfigFile(path, CONFIG_VARIABLE) : { entries: [], faults: [] };
}

/** The entry of the first source that has one; one source may not say it twice. */
function winner(
  setting: SettingName,
  sources: readonly Entries[],
  faults: string[],
): Entry | undefined {
  for (const { entries } of sources) {
    const [first, second] = entries.filter((entry) => entry.setting === setting);
    if (first !== undefined && second !== undefined) {
      faults.push(`${first.written} and ${second.written} are both set; one of them is enough`);
    }
    if (first !== undefined) return first;
  }
  return undefined;
}

/** @throws Misfit */
type Check = (setting: SettingName, value: unknown) => void;

function checkOf({ checkRedis = () => {} }: Sources): Check {
  return (setting, value) => {
    if (setting !== "redis") return;
    try {
      checkRedis(String(value));
    } catch (cause) {
      throw new Misfit(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
}

function parse(entry: Entry, check: Check, faults: string[]): unknown {
  const { kind } = settingOf(entry.setting);
  try {
    const value = kind.parse(entry.fromFile ? readValue(entry.input) : entry.input);
    check(entry.setting, value);
    return value;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    faults.push(describe(entry, error.message));
    return undefined;
  }
}

/** The content of the file that a `_FILE` variant names, without the line break editors leave. */
function readValue(path: unknown): string {
  if (typeof path !== "string") throw new Misfit("it takes the path of a file");
  let content: string;
  try {
    content = readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new Misfit(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (content === "") throw new Misfit("the file is empty");
  return content;
}

function describe({ setting, written, input, fromFile }: Entry, detail: string): string {
  const { kind, mask } = settingOf(setting);
  const shown = mask === undefined || fromFile ? quote(input) : mask(String(input));
  const why = detail === "" ? "" : `: ${detail}`;
  const what = fromFile ? `it is to hold ${kind.takes}` : `it takes ${kind.takes}`;
  return `${written} is ${shown}${why}; ${what}`;
}
