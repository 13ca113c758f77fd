import { didYouMean, type Flags, parseFlags } from "../../config.js";
import { type Context, usageError } from "../command.js";
import type { AdminClient } from "../gateway/admin.js";
import { adminAt } from "../gateway/admin-at.js";

const OPTIONS = {
  url: { type: "string" },
  token: { type: "string" },
  replace: { type: "boolean" },
  config: { type: "string" },
  verbosity: { type: "string" },
  withcode: { type: "boolean" },
  key: { type: "string", multiple: true },
  db: { type: "string" },
  async: { type: "boolean" },
  json: { type: "boolean" },
} as const;

const ACTIONS = ["load", "list", "delete", "call"] as const;
export type Action = (typeof ACTIONS)[number];
type Options = Flags<typeof OPTIONS>["options"];

/** What is asked of a gateway. */
export interface Request {
  readonly action: Action;
  /** The words behind the action. */
  readonly words: readonly string[];
  readonly options: Options;
  readonly admin: AdminClient;
}

/** How many words each takes behind it, and what they are. */
const WORDS: Readonly<Record<Action, { min: number; max: number; what: string }>> = {
  load: { min: 1, max: 1, what: "a file" },
  list: { min: 0, max: 1, what: "no more than a library's name" },
  delete: { min: 1, max: 1, what: "a library's name" },
  call: { min: 2, max: Number.POSITIVE_INFINITY, what: "a library's name and a function's" },
};

/** The options that go with one action alone. */
const ALONE: readonly (readonly [keyof Options, Action])[] = [
  ["replace", "load"],
  ["config", "load"],
  ["verbosity", "list"],
  ["withcode", "list"],
  ["key", "call"],
  ["db", "call"],
  ["async", "call"],
];

/** @throws CommandError naming all that is wrong with the command line */
export function readRequest({ argv, env }: Pick<Context, "argv" | "env">): Request {
  const rules = { options: OPTIONS, settings: false, positionals: true };
  const { options, positionals, faults: flagFaults } = parseFlags(argv, rules);
  const [action = "", ...words] = positionals;
  const faults = [...flagFaults, ...actionFaults(action, words, options)];
  const admin = adminAt(options, env, faults);
  if (faults.length > 0 || admin === undefined || !isAction(action)) {
    throw usageError("libraries", faults);
  }
  return { action, words, options, admin };
}

function actionFaults(action: string, words: readonly string[], options: Options): string[] {
  const actions = ACTIONS.join(", ");
  if (action === "") return [`nothing is asked for; it takes one of ${actions}`];
  if (!isAction(action)) {
    return [`${JSON.stringify(action)} is none of ${actions}${didYouMean(action, ACTIONS)}`];
  }
  const { min, max, what } = WORDS[action];
  const fits = words.length >= min && words.length <= max;
  return [
    ...(fits ? [] : [`${action} takes ${what}`]),
    ...strayFaults(action, options),
    ...valueFaults(options),
  ];
}

function strayFaults(action: Action, options: Options): string[] {
  return ALONE.filter(([name, owner]) => owner !== action && isGiven(options[name])).map(
    ([name, owner]) => `--${name} goes with ${owner} alone`,
  );
}

function isGiven(value: Options[keyof Options]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

function valueFaults({ verbosity, db, config }: Options): string[] {
  const faults: string[] = [];
  if (verbosity !== undefined && !/^[0-3]$/.test(verbosity)) {
    faults.push(`--verbosity is ${JSON.stringify(verbosity)}; it takes 0 to 3`);
  }
  if (db !== undefined && !/^\d{1,9}$/.test(db)) {
    faults.push(`--db is ${JSON.stringify(db)}; it takes a database's number`);
  }
  if (config !== undefined && !isJsonObject(config)) {
    faults.push(`--config takes a JSON object, as in '{"limit":10}'`);
  }
  return faults;
}

function isAction(word: string): word is Action {
  return (ACTIONS as readonly string[]).includes(word);
}

function isJsonObject(written: string): boolean {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
