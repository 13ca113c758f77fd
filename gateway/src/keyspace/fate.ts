import type { Redis } from "ioredis";
import type { Fate } from "./migration.js";

/**
 * Asks a node whether a key is gone or only gone elsewhere. A slot on its way out answers ASK for
 * a key that is not there any more, one that is gone answers MOVED; the node named knows the rest.
 *
 * @param nodeAt the connection to the node at `host:port`, where there is one
 */
export async function fateOf(
  control: Redis,
  key: Buffer,
  nodeAt: (address: string) => Redis | undefined,
): Promise<Fate> {
  try {
    await encodingOf(control, key);
    return "deleted";
  } catch (error) {
    const redirect = /^(ASK|MOVED) \d+ (\S+)$/.exec(error instanceof Error ? error.message : "");
    if (redirect === null) throw error;
    const other = nodeAt(redirect[2] ?? "");
    if (other === undefined) throw error;
    return (await existsOn(other, key, redirect[1] === "ASK")) ? "moved" : "deleted";
  }
}

async function existsOn(node: Redis, key: Buffer, asking: boolean): Promise<boolean> {
  const [, encoding] = await Promise.all([
    asking ? node.call("ASKING") : undefined,
    encodingOf(node, key),
  ]);
  return encoding !== null;
}

/** Tells whether a key is there, as EXISTS does, but raises no `keymiss` where it is not. */
function encodingOf(node: Redis, key: Buffer): Promise<unknown> {
  return node.object("ENCODING", key);
}
