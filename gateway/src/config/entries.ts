import { readFileSync } from "node:fs";
import { jsonFault } from "./json-fault.js";
import { environmentName, fileVariant } from "./names.js";
import { SETTING_NAMES, type SettingName, settingOf } from "./settings.js";
import { didYouMean } from "./suggest.js";

/** One setting as one source gives it. */
export interface Entry {
  readonly setting: SettingName;
  /** True where the input names a file that holds the value. */
  readonly fromFile: boolean;
  /** The name as the user wrote it: `KEYWIRE_PORT`, `--port`, `port in keywire.json`. */
  readonly written: string;
  readonly input: unknown;
}

/** What one source gives, and what is wrong with it. */
export interface Entries {
  readonly entries: readonly Entry[];
  readonly faults: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Names the configuration file; a flag of the same meaning is `--config`. */
export const CONFIG_VARIABLE = "KEYWIRE_CONFIG";
/** Read by `keywire watch`, so that no token stands in a list of processes; no setting of the gateway. */
export const CLIENT_VARIABLES = { url: "KEYWIRE_URL", token: "KEYWIRE_TOKEN" } as const;

/** Kubernetes sets these in every pod beside a service that is named keywire, or keywire-redis, say. */
const SERVICE_LINK =
  /^KEYWIRE_(?:\w+_)?(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)$/;
/** The one of them that is named as a setting may be. */
const PORT_LINK = /^KEYWIRE_(?:\w+_)?PORT$/;

/** The names in which a source spells the settings, each with what it stands for. */
export function spellings(
  spell: (name: string) => string,
): ReadonlyMap<string, Pick<Entry, "setting" | "fromFile">> {
  const names = new Map<string, Pick<Entry, "setting" | "fromFile">>();
  for (const setting of SETTING_NAMES) {
    names.set(spell(setting), { setting, fromFile: false });
    if (settingOf(setting).fromFile === true) {
      names.set(spell(fileVariant(setting)), { setting, fromFile: true });
    }
  }
  return names;
}

const VARIABLES = spellings(environmentName);
const KEYS = spellings((name) => name);

/** The settings among the environment's variables. An empty variable counts as not set. */
export function readEnvironment(env: Environment): Entries {
  const entries: Entry[] = [];
  const faults: string[] = [];
  for (const [written, input] of Object.entries(env)) {
    if (!written.startsWith("KEYWIRE_") || input === undefined || input === "") continue;
    const meaning = VARIABLES.get(written);
    if (isServiceLink(written, input) || isOther(written)) continue;
    if (meaning !== undefined) entries.push({ ...meaning, written, input });
    else faults.push(`${written} is no setting${didYouMean(written, [...VARIABLES.keys()])}`);
  }
  return { entries, faults };
}

function isServiceLink(name: string, value: string): boolean {
  const isAddress = /^(?:tcp|udp|sctp):\/\//.test(value);
  return SERVICE_LINK.test(name) || (PORT_LINK.test(name) && isAddress);
}

function isOther(name: string): boolean {
  return name === CONFIG_VARIABLE || Object.values<string>(CLIENT_VARIABLES).includes(name);
}

/** The settings in a JSON file. */
export function readConfigFile(path: string, named: string): Entries {
  const content = parseFile(path, named);
  if (typeof content === "string") return { entries: [], faults: [content] };
  const entries: Entry[] = [];
  const faults: string[] = [];
  for (const [key, input] of Object.entries(content)) {
    const meaning = KEYS.get(key);
    const written = `${key} in ${path}`;
    if (meaning !== undefined) entries.push({ ...meaning, written, input });
    else faults.push(`${written} is no setting${didYouMean(key, [...KEYS.keys()])}`);
  }
  return { entries, faults };
}

/** The file's object, or the fault. */
function parseFile(path: string, named: string): string | Record<string, unknown> {
  let text = "";
  let content: unknown;
  try {
    text = readFileSync(path, "utf8");
    content = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const why = error instanceof SyntaxError ? jsonFault(text, message) : message;
    return `${named} names ${path}, which is not a readable JSON file: ${why}`;
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return `${named} names ${path}, which holds no JSON object, as in {"redis": "redis://127.0.0.1"}`;
  }
  return { ...content };
}
