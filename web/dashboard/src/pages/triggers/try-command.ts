import type { TriggerState } from "./state.js";

const COMMANDS: Readonly<Record<string, (key: string) => string>> = {
  set: (key) => `set ${key} hello`,
  hset: (key) => `hset ${key} name Ada`,
  hincrby: (key) => `hincrby ${key} visits 1`,
  incrby: (key) => `incr ${key}`,
  lpush: (key) => `lpush ${key} hello`,
  rpush: (key) => `rpush ${key} hello`,
  sadd: (key) => `sadd ${key} hello`,
  zadd: (key) => `zadd ${key} 1 hello`,
  xadd: (key) => `xadd ${key} '*' name Ada`,
  expired: (key) => `set ${key} hello px 100`,
};

/** What to type so that a trigger runs; undefined where no plain command does it. */
export function tryCommand({ kind, prefix, of }: TriggerState): string | undefined {
  // Anything else would need quotes that shells do not agree on.
  if (typeof prefix?.key !== "string" || !/^[\w:.-]*$/.test(prefix.key)) return undefined;
  const events = kind === "stream" ? ["xadd"] : (of ?? ["set"]);
  const command = events.map((event) => COMMANDS[event]).find((known) => known !== undefined);
  return command === undefined ? undefined : `redis-cli ${command(`${prefix.key}1`)}`;
}
