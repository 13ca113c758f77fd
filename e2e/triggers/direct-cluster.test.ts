import { afterAll, beforeAll, expect, it } from "vitest";
import { type RedisCluster, slotOf, startCluster } from "../support/index.js";
import { type LibraryOn, libraryOn } from "./library-on.js";

let cluster: RedisCluster;
let library: LibraryOn;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 0 });
  library = await libraryOn(cluster.url);
}, 120_000);

afterAll(async () => {
  await cluster?.stop();
});

const onNode = (index: number) => cluster.node(index).client;

it("asks each key's own node", async () => {
  const keys = await Promise.all([0, 1, 2].map((index) => cluster.keyFor(index, "direct:")));
  for (const key of keys) {
    await library.warmUp(`set ${key} x`);
    await library.warmUp(`incr n:{${key}}`);
  }
  const before = library.executed;
  for (let i = 0; i < 50; i++) {
    for (const key of keys) await library.call(`set ${key} ${i}`);
  }
  expect(library.executed).toBe(before);
  for (const [index, key] of keys.entries()) expect(await onNode(index).get(key)).toBe("49");
});

it("follows a slot that moves, while it does and when it has", async () => {
  const key = await cluster.keyFor(0, "moving:");
  const slot = slotOf(key);
  const [from, to] = [cluster.node(0), cluster.node(1)];
  await library.warmUp(`incr ${key}`);
  let count = Number(await onNode(0).get(key));
  const increase = async () => expect(await library.call(`incr ${key}`)).toBe(BigInt(++count));
  await cluster.setImporting(slot, from, to);
  await cluster.setMigrating(slot, from, to);
  await increase();
  await cluster.migrateKeys(slot, from, to);
  // The source sends whoever asks it to the target now.
  for (let i = 0; i < 5; i++) await increase();
  await cluster.assignSlot(slot, from, to);
  for (let i = 0; i < 5; i++) await increase();
  const before = library.executed;
  await library.warmUp(`incr ${key}`);
  count += library.executed - before + 1;
  await increase();
  expect(await onNode(1).get(key)).toBe(String(count));
});

it("leaves to the main thread what keys it cannot find, and asks anybody where there are none", async () => {
  const key = await cluster.keyFor(2, "stream:");
  await onNode(2).xadd(key, "1-1", "f", "v");
  const before = library.executed;
  for (let i = 0; i < 3; i++) {
    expect(await library.call(`xread count 1 streams ${key} 0`)).not.toBeNull();
  }
  expect(library.executed).toBe(before + 3);
  await library.warmUp("echo a");
  expect(await library.call("echo b")).toBe("b");
});

it("goes on asking nodes while a slot of another one moves", async () => {
  const key = await cluster.keyFor(0, "away:");
  const slot = slotOf(key);
  const [from, to] = [cluster.node(0), cluster.node(1)];
  const beside = await cluster.keyFor(2, "beside:");
  await library.warmUp(`incr ${beside}`);
  await library.warmUp(`get ${key}`);
  await cluster.setImporting(slot, from, to);
  await cluster.setMigrating(slot, from, to);
  const before = library.executed;
  for (let i = 0; i < 50; i++) {
    await library.call(`incr ${beside}`);
    expect(await library.call(`get ${key}`)).toBeNull();
  }
  // The source knows the key no more than the target does, so each of these was sent on.
  expect(library.executed).toBeLessThanOrEqual(before + 50);
  await cluster.assignSlot(slot, from, to);
});
