import type { RedisNode } from "./redis-node.js";

/** ms that one MIGRATE may take */
const MIGRATE_TIMEOUT = 5_000;
const KEYS_AT_ONCE = 100;

/** The single steps of an orderly move, in this order; a test may do things in between. */

/** 1. The target accepts what is sent it for the slot by ASK. */
export async function setImporting(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
  await to.client.call("CLUSTER", "SETSLOT", slot, "IMPORTING", from.id);
}

/** 2. The source sends those who ask for absent keys to the target. */
export async function setMigrating(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
  await from.client.call("CLUSTER", "SETSLOT", slot, "MIGRATING", to.id);
}

/** 3. Moves all the slot's keys; resolves with how many there were. */
export async function migrateKeys(slot: number, from: RedisNode, to: RedisNode): Promise<number> {
  let moved = 0;
  for (;;) {
    const keys = await keysIn(slot, from);
    if (keys.length === 0) return moved;
    const place = [to.host, String(to.port), "", "0", String(MIGRATE_TIMEOUT)];
    await from.client.call("MIGRATE", ...place, "KEYS", ...keys);
    moved += keys.length;
  }
}

async function keysIn(slot: number, node: RedisNode): Promise<Buffer[]> {
  const keys = await node.client.callBuffer("CLUSTER", "GETKEYSINSLOT", slot, KEYS_AT_ONCE);
  if (!Array.isArray(keys)) throw new Error(`CLUSTER GETKEYSINSLOT answered ${String(keys)}`);
  return keys;
}

/** 4. Tells every primary who owns the slot now: the new owner first, then the old one. */
export async function assignSlot(
  slot: number,
  from: RedisNode,
  to: RedisNode,
  others: readonly RedisNode[],
): Promise<void> {
  for (const node of [to, from, ...others]) {
    await node.client.call("CLUSTER", "SETSLOT", slot, "NODE", to.id);
  }
}
