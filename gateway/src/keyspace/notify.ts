import { randomUUID } from "node:crypto";
import { WireError } from "@keywire/shared";
import type { Redis } from "ioredis";
import { missingFlags, unionFlags } from "./flags.js";
import { within } from "./within.js";

/**
 * What to do about `notify-keyspace-events`: `auto` adds the letters that are missing, `check`
 * refuses without them, `off` trusts that somebody set them.
 */
export type NotifyMode = "auto" | "check" | "off";

const SETTING = "notify-keyspace-events";
/** ms the canary's events may take to arrive. */
const CANARY_TIMEOUT = 1_000;
/** Classes that no command of ours can make Redis raise. */
const UNPROVABLE = "ed";

/** A node, as far as its notifications are concerned. */
export interface NotifyingNode {
  readonly address: string;
  readonly control: Redis;
  /** What CONFIG GET says while `new` is on: it hides `n` where `A` is set. */
  shownWithNew?: string | undefined;
  /** Opens a connection that can subscribe; whoever asked closes it. */
  openSubscriber(): Promise<Redis>;
  /** Tells all that listen to the node that these letters were off until now. */
  tellMended(letters: string): Promise<unknown>;
}

/**
 * Makes sure that a node sends what the letters stand for.
 *
 * @returns whether something was missing, and had to be added
 * @throws WireError `notifications_disabled`, naming the node and the command that mends it
 */
export async function ensureNotifications(
  node: NotifyingNode,
  mode: NotifyMode,
  wanted: string,
): Promise<"present" | "added"> {
  if (mode === "off") return "present";
  const current = await readFlags(node);
  if (current === undefined) {
    await proveByCanary(node, wanted);
    return "present";
  }
  if (missingFlags(current, wanted) === "") return "present";
  // Writing back what is shown could switch off what is hidden.
  const isAsked = mode === "auto" || wanted.includes("n");
  const flags = current + (isAsked ? await hiddenFlags(node, current) : "");
  const missing = missingFlags(flags, wanted);
  if (missing === "") return "present";
  if (mode === "check") throw disabled(node, current, wanted, "does not send");
  try {
    await node.control.config("SET", SETTING, unionFlags(flags, wanted));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw disabled(node, current, wanted, `refused CONFIG SET (${reason}) and does not send`);
  }
  if (wanted.includes("n")) node.shownWithNew = await readFlags(node);
  await node.tellMended(missing).catch((error: unknown) => {
    if (!isRefusal(error)) throw error;
  });
  return "added";
}

/**
 * The letters that are on, though CONFIG GET does not say so. Where it says the same as when they were known to
 * be on, they are taken for that: to try it each time would cost a connection.
 */
async function hiddenFlags(node: NotifyingNode, current: string): Promise<string> {
  if (!current.includes("A")) return "";
  if (current !== node.shownWithNew) {
    if (!(await hears(node, "n"))) return "";
    node.shownWithNew = current;
  }
  return "n";
}

/** The letters that are set, or undefined where the node does not let us ask. */
async function readFlags(node: NotifyingNode): Promise<string | undefined> {
  try {
    const [, flags] = (await node.control.config("GET", SETTING)) as string[];
    return flags;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** What a server says that would do it at another time: its memory is full, a script runs, it loads. */
const PASSING =
  /^(OOM|MISCONF|NOREPLICAS|READONLY|BUSY|LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN)\b|max number of clients/;

/** Whether the server understood and said so, rather than the connection having failed. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** Whether the server said no, rather than not now. */
export function isRefusal(error: unknown): error is Error {
  if (!isReply(error)) return false;
  // What was wrong with a transaction is told by its commands.
  const { previousErrors = [] } = error as { readonly previousErrors?: readonly Error[] };
  return ![error, ...previousErrors].some(({ message }) => PASSING.test(message));
}

async function proveByCanary(node: NotifyingNode, wanted: string): Promise<void> {
  const heard = await canary(node).catch((error: unknown) => {
    if (isRefusal(error)) return undefined;
    const what = `${node.address} refuses CONFIG, and cannot be tested for keyspace notifications just now`;
    const { previousErrors: [reason = error] = [] } = Object(error);
    throw new Error(`${what}: ${reason instanceof Error ? reason.message : reason}`);
  });
  if (heard === undefined) {
    throw disabled(node, undefined, wanted, "lets nobody read its setting, and may not send");
  }
  if (missingFlags(heard + UNPROVABLE, wanted) !== "") {
    throw disabled(node, heard, wanted, "refuses CONFIG, and a test showed that it does not send");
  }
}

/** Found out by a test; where the node owns no key of ours to test with, taken for off. */
async function hears(node: NotifyingNode, letter: string): Promise<boolean> {
  const heard = await canary(node).catch(() => "");
  return heard.includes(letter);
}

/** What makes a server raise an event of each class, on a key of ours. */
const PROOFS: readonly (readonly [letter: string, event: string, command: readonly string[]])[] = [
  ["$", "set", ["set", "KEY", "1", "px", "5000"]],
  ["g", "del", ["del", "KEY"]],
  ["n", "new", ["lpush", "KEY", "1"]],
  ["l", "lpush", ["lpush", "KEY", "1"]],
  ["g", "del", ["del", "KEY"]],
  ["s", "sadd", ["sadd", "KEY", "1"]],
  ["g", "del", ["del", "KEY"]],
  ["h", "hset", ["hset", "KEY", "f", "1"]],
  ["g", "del", ["del", "KEY"]],
  ["z", "zadd", ["zadd", "KEY", "1", "m"]],
  ["g", "del", ["del", "KEY"]],
  ["t", "xadd", ["xadd", "KEY", "*", "f", "1"]],
  ["g", "del", ["del", "KEY"]],
  ["m", "keymiss", ["get", "KEY"]],
];

/**
 * The letters that are on, found by writing a key of our own and listening: the only way where
 * CONFIG is refused. Rejects with the server's refusal where it owns no key of ours.
 */
async function canary(node: NotifyingNode): Promise<string> {
  const key = `{keywire}:canary:${randomUUID()}`;
  const subscriber = await node.openSubscriber();
  try {
    const heard = new Set<string>();
    subscriber.on("message", (channel: string, payload: string) => {
      if (channel.startsWith("__keyspace@")) heard.add("K").add(letterOf(payload));
      else heard.add("E");
    });
    await subscriber.subscribe(`__keyspace@0__:${key}`, "__keyevent@0__:set");
    await provoke(node.control, key);
    // The events stand in the stream before the answer to a PING that is sent after them.
    await answered(subscriber.ping());
    if (!heard.has("x") && heard.has("K"))
      await provokeExpiry(node.control, subscriber, key, heard);
    return [...heard].join("");
  } finally {
    subscriber.disconnect();
  }
}

async function provoke(control: Redis, key: string): Promise<void> {
  const batch = control.multi();
  for (const [, , [name = "", ...args]] of PROOFS) {
    batch.call(name, ...args.map((arg) => (arg === "KEY" ? key : arg)));
  }
  await batch.exec();
}

async function provokeExpiry(
  control: Redis,
  subscriber: Redis,
  key: string,
  heard: Set<string>,
): Promise<void> {
  await control.psetex(key, 1, "1");
  for (let attempt = 0; attempt < 20 && !heard.has("x"); attempt++) {
    await control.get(key);
    await answered(subscriber.ping());
  }
}

function answered<T>(answer: Promise<T>): Promise<T> {
  return within(CANARY_TIMEOUT, answer, "the canary was not answered");
}

function letterOf(event: string): string {
  if (event === "expired") return "x";
  return PROOFS.find(([, name]) => name === event)?.[0] ?? "";
}

function disabled(
  node: NotifyingNode,
  current: string | undefined,
  wanted: string,
  what: string,
): WireError {
  const needed = unionFlags(current ?? "", wanted);
  return new WireError(
    "notifications_disabled",
    `Redis node ${node.address} ${what} the keyspace notifications that this needs; ` +
      `run on it: CONFIG SET ${SETTING} ${needed}`,
  );
}
