import { setTimeout as pause } from "node:timers/promises";
import { RedisLeaseStore } from "@keywire/gateway/lease";
import { systemClock } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis, waitFor } from "../support/index.js";

const TTL = 400;
/** Later than any moment of these tests, ms since the Unix epoch. */
const FUTURE = 4_000_000_000_000;

let redis: StandaloneRedis;
let names = 0;
const stores: RedisLeaseStore[] = [];

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(async () => {
  for (const store of stores) store.close();
  await redis?.stop();
});

/** Two gateways' ways to the leases of a group of their own. */
function pair(): [a: RedisLeaseStore, b: RedisLeaseStore] {
  names++;
  const open = (gatewayId: string) => {
    const options = { name: `work${names}`, gatewayId, ttl: TTL, clock: systemClock };
    const store = new RedisLeaseStore(new Redis({ port: redis.node.port }), options);
    stores.push(store);
    return store;
  };
  return [open("a"), open("b")];
}

describe("leases in Redis", () => {
  it("know who is there, and forget who has not said so for the life of a lease", async () => {
    const [a, b] = pair();
    expect((await a.sync([], true)).gateways).toEqual(["a"]);
    expect((await b.sync([], true)).gateways).toEqual(["a", "b"]);
    expect((await b.sync([], false)).gateways).toEqual(["a"]);
    await waitFor(async () => (await b.sync([], true)).gateways.join() === "b", { what: "a gone" });
  });

  it("go to the first who takes them, with Redis' own time as that up to which all is done", async () => {
    const [a, b] = pair();
    const before = Date.now();
    const [lease, ...more] = await a.take([7]);
    expect(more).toEqual([]);
    expect(lease).toMatchObject({
      part: 7,
      epoch: 1,
      holder: undefined,
      isNew: true,
      handover: "",
    });
    expect(lease?.done).toBeGreaterThanOrEqual(before - 1);
    expect(await b.take([7])).toEqual([]);
    expect(await b.take([7, 8])).toMatchObject([{ part: 8, epoch: 1, isNew: true }]);
    const { leases } = await a.sync([], true);
    expect(leases.map(({ part, holder }) => [part, holder]).sort()).toEqual([
      [7, "a"],
      [8, "b"],
    ]);
  });

  it("are renewed for their holder alone, in the epoch in which it took them", async () => {
    const [a, b] = pair();
    await a.take([7]);
    for (let round = 0; round < 4; round++) {
      await pause(TTL / 2);
      await b.sync([{ part: 7, epoch: 1, done: 5 }], true);
      await a.sync([{ part: 7, epoch: 1, done: FUTURE + round }], true);
      expect(await b.take([7])).toEqual([]);
    }
    const { leases } = await a.sync([{ part: 7, epoch: 1, done: undefined }], true);
    expect(leases).toMatchObject([{ part: 7, holder: "a", isExpired: false, done: FUTURE + 3 }]);
  });

  it("that ran out are taken over, once, and then no longer the former holder's", async () => {
    const [a, b] = pair();
    await a.take([7]);
    await a.sync([{ part: 7, epoch: 1, done: FUTURE }], true);
    const taken = await waitFor(async () => (await b.take([7]))[0], { what: "the lease free" });
    expect(taken).toMatchObject({
      epoch: 2,
      holder: "a",
      isExpired: true,
      done: FUTURE,
      isNew: false,
    });
    const { leases } = await a.sync([{ part: 7, epoch: 1, done: FUTURE + 1 }], true);
    expect(leases).toMatchObject([{ holder: "b", epoch: 2, done: FUTURE }]);
    await a.release([{ part: 7, epoch: 1, done: FUTURE + 1, handover: "not mine" }]);
    expect((await b.sync([], true)).leases).toMatchObject([{ holder: "b", handover: "" }]);
  });

  it("that ran out are still their holder's where nobody took them", async () => {
    const [a, b] = pair();
    await a.take([7]);
    await waitFor(async () => (await b.sync([], true)).leases[0]?.isExpired, { what: "run out" });
    const { leases } = await a.sync([{ part: 7, epoch: 1, done: undefined }], true);
    expect(leases).toMatchObject([{ holder: "a", epoch: 1, isExpired: false }]);
  });

  it("that are released are free at once, and tell the next holder what the last one wrote", async () => {
    const [a, b] = pair();
    await a.take([7, 8]);
    const handover = '{"fences":["a.work-1"],"gone":[]} and spaces';
    await a.release([{ part: 7, epoch: 1, done: FUTURE, handover }]);
    const [taken] = await b.take([7, 8]);
    expect(taken).toMatchObject({ part: 7, epoch: 2, holder: undefined, done: FUTURE, handover });
    // Its first renewal says that it has begun.
    expect((await a.sync([], true)).leases.find(({ part }) => part === 7)).toMatchObject({
      holder: "b",
      handover,
    });
    const { leases } = await b.sync([{ part: 7, epoch: 2, done: undefined }], true);
    expect(leases.find(({ part }) => part === 7)).toMatchObject({ handover: "", done: FUTURE });
  });

  it("that Redis has lost are their holder's still", async () => {
    const [a] = pair();
    await a.take([7]);
    await redis.client.flushall();
    const { leases } = await a.sync([{ part: 7, epoch: 1, done: undefined }], true);
    expect(leases).toMatchObject([{ part: 7, holder: "a", epoch: 1 }]);
  });

  it("are not waited for where Redis does not answer", async () => {
    const [a] = pair();
    await a.sync([], true);
    await redis.client.call("CLIENT", "PAUSE", "2500", "ALL");
    await expect(a.sync([], true)).rejects.toThrow("did not answer within 1000 ms");
    await redis.client.call("CLIENT", "UNPAUSE").catch(() => {});
  });
});
