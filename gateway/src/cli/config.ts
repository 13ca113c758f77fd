import { isDeepStrictEqual } from "node:util";
import {
  configurationReference,
  type LoadedConfig,
  Misfit,
  parseFlags,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "../config.js";
import { type Command, type Context, ExitCode } from "./command.js";
import { commandHelp, settingFlags } from "./help.js";
import { type Output, style } from "./output.js";
import { readSettings } from "./settings.js";

const OPTIONS = { json: { type: "boolean" }, markdown: { type: "boolean" } } as const;

export const config: Command = {
  help: () =>
    commandHelp(
      "keywire config [--json | --markdown] [SETTINGS]",
      "Shows every setting, its value and where it came from, and names all that is wrong. Secrets are hidden.",
      [
        {
          title: "Flags",
          rows: [
            ["--json", "Print a JSON object, as --config FILE reads it; secrets are left out."],
            ["--markdown", "Print the reference of all settings instead, docs/configuration.md."],
          ],
        },
        settingFlags(),
      ],
    ),

  async run({ argv, env, stdout, stderr }: Context) {
    const flags = parseFlags(argv, { options: OPTIONS, settings: true, positionals: false });
    const loaded = readSettings(env, flags, []);
    if (flags.options.markdown) stdout.line(configurationReference().trimEnd());
    else if (flags.options.json) printJson(loaded, stdout, stderr);
    else printTable(loaded, stdout);
    return ExitCode.Fine;
  },
};

function printTable({ config: values, origins }: LoadedConfig, stdout: Output): void {
  const width = Math.max(...SETTING_NAMES.map((name) => name.length));
  let group = "";
  for (const name of SETTING_NAMES) {
    const setting = settingOf(name);
    if (setting.group !== group) {
      stdout.line(`${group === "" ? "" : "\n"}${style(stdout, "bold", setting.group)}`);
      group = setting.group;
    }
    const origin = origins.get(name);
    const shown = values[name] === undefined ? "-" : shownValue(name, values[name]);
    const row = `  ${name.padEnd(width)}  ${shown}`;
    stdout.line(origin === undefined ? style(stdout, "dim", row) : `${row}  (${origin})`);
  }
}

/** What is hidden would be read as the secret itself. */
function printJson({ config: values }: LoadedConfig, stdout: Output, stderr: Output): void {
  const set = SETTING_NAMES.filter((name) => values[name] !== undefined);
  const hidden = set.filter(
    (name) => shownValue(name, values[name]) !== plainValue(name, values[name]),
  );
  const shown = set.filter((name) => !hidden.includes(name));
  const entries = shown.map((name) => [name, jsonValue(name, values[name])]);
  stdout.line(JSON.stringify(Object.fromEntries(entries), null, 2));
  if (hidden.length > 0) stderr.line(`left out, since it holds a secret: ${hidden.join(", ")}`);
}

/** As the file takes it: a duration as text, for there a bare number is seconds. */
function jsonValue(name: SettingName, value: unknown): unknown {
  const { kind } = settingOf(name);
  return isReadAsItself(kind, value) ? value : kind.format(value);
}

function isReadAsItself(kind: { parse(input: unknown): unknown }, value: unknown): boolean {
  try {
    return isDeepStrictEqual(kind.parse(value), value);
  } catch (error) {
    if (error instanceof Misfit) return false;
    throw error;
  }
}

function shownValue(name: SettingName, value: unknown): string {
  const { mask } = settingOf(name);
  return mask === undefined ? plainValue(name, value) : mask(String(value));
}

function plainValue(name: SettingName, value: unknown): string {
  return settingOf(name).kind.format(value);
}
