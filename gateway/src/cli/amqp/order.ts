import { didYouMean, parseFlags } from "../../config.js";
import { type Context, usageError } from "../command.js";
import type { AdminClient } from "../gateway/admin.js";
import { adminAt } from "../gateway/admin-at.js";

const OPTIONS = {
  url: { type: "string" },
  token: { type: "string" },
  json: { type: "boolean" },
} as const;

const ACTIONS = ["status", "set", "reset", "connect", "disconnect", "masks", "fallback"] as const;

/** One request of the admin API, and what is shown of its answer. */
interface Asked {
  readonly method: string;
  /** Behind `sinks/amqp`. */
  readonly path: string;
  readonly body?: string;
  readonly shows: "status" | "masks" | "length" | "purged";
}

export interface Order extends Asked {
  readonly json: boolean;
  readonly admin: AdminClient;
}

/** @throws CommandError naming all that is wrong with the command line */
export function readOrder({ argv, env }: Pick<Context, "argv" | "env">): Order {
  const rules = { options: OPTIONS, settings: false, positionals: true };
  const { options, positionals, faults: flagFaults } = parseFlags(argv, rules);
  const faults = [...flagFaults];
  const asked = readAsked(positionals, faults);
  const admin = adminAt(options, env, faults);
  if (asked === undefined || admin === undefined || faults.length > 0) {
    throw usageError("amqp", faults);
  }
  return { ...asked, json: options.json, admin };
}

function readAsked(positionals: readonly string[], faults: string[]): Asked | undefined {
  const [action = "status", ...words] = positionals;
  const show = { method: "GET", path: "", shows: "status" } as const;
  switch (action) {
    case "status":
      return none(action, words, faults, show);
    case "connect":
    case "disconnect":
      return none(action, words, faults, { ...show, method: "POST", path: `/${action}` });
    case "set":
      return { ...show, method: "PUT", body: JSON.stringify(readPatch(words, faults)) };
    case "reset":
      if (words.length === 0) faults.push("reset takes names of settings, as in exchange");
      return { ...show, method: "PUT", body: JSON.stringify(nulls(words)) };
    case "masks":
      return readMasks(words, faults);
    case "fallback":
      return readFallback(words, faults);
    default: {
      const list = ACTIONS.join(", ");
      const near = didYouMean(action, ACTIONS);
      faults.push(`${JSON.stringify(action)} is none of ${list}${near}`);
      return undefined;
    }
  }
}

function none(action: string, words: readonly string[], faults: string[], asked: Asked): Asked {
  if (words.length > 0) faults.push(`${action} takes nothing behind it`);
  return asked;
}

/** `name=value`; values are text, which the gateway reads as the environment's. */
function readPatch(words: readonly string[], faults: string[]): Record<string, string> {
  if (words.length === 0) faults.push("set takes settings, as in exchange=amq.topic");
  const patch: Record<string, string> = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 1) faults.push(`${JSON.stringify(word)} is not name=value`);
    else patch[word.slice(0, equals)] = word.slice(equals + 1);
  }
  return patch;
}

function nulls(names: readonly string[]): Record<string, null> {
  return Object.fromEntries(names.map((name) => [name, null]));
}

function readMasks([change, ...masks]: readonly string[], faults: string[]): Asked {
  const asked = { path: "/masks", shows: "masks", body: JSON.stringify({ masks }) } as const;
  if (change === "set" || change === "add") {
    if (masks.length === 0) faults.push(`masks ${change} takes masks, as in '^order:.*$'`);
    return { ...asked, method: change === "set" ? "PUT" : "POST" };
  }
  if (change !== undefined && change !== "clean") {
    faults.push(`masks takes set, add or clean, not ${JSON.stringify(change)}`);
  } else if (masks.length > 0) faults.push("masks clean takes nothing behind it");
  return change === undefined
    ? { method: "GET", path: "", shows: "masks" }
    : { method: "DELETE", path: "/masks", shows: "masks" };
}

function readFallback([change, ...rest]: readonly string[], faults: string[]): Asked {
  const isKnown = change === undefined || change === "length" || change === "purge";
  if (!isKnown || rest.length > 0) faults.push("fallback takes length or purge, or nothing");
  return change === "purge"
    ? { method: "DELETE", path: "/fallback", shows: "purged" }
    : { method: "GET", path: "/fallback", shows: "length" };
}
