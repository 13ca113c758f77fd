import { describe, expect, it } from "vitest";
import { World } from "./testing/world.js";

/** Writes so many events over so many ms. */
async function write(world: World, count: number, ms: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    world.write(index % 200);
    await world.clock.advance(ms / count);
  }
}

/** Of what was raised from the `before`th event on, all that no worker has done. */
const undone = (world: World, before: number) =>
  world.raised.slice(before).filter(({ id }) => !world.handOutsOf(id).some(({ isDone }) => isDone));

const counts = (world: World) => world.raised.map(({ id }) => world.handOutsOf(id).length);

const partsOf = (world: World) => world.living().map(({ group }) => group.status().parts.length);

describe("a lone gateway", () => {
  it("holds all parts and hands each event out in the turn in which it comes", async () => {
    const world = new World(1);
    const gateway = await world.join();
    await world.clock.advance(100);
    expect(gateway.group.status()).toMatchObject({ state: "sharing", gateways: [{ id: "g1" }] });
    expect(partsOf(world)).toEqual([64]);
    await write(world, 500, 1_000);
    await world.clock.advance(1_000);
    expect(counts(world)).toEqual(Array(500).fill(1));
    expect(world.missed).toEqual([]);
    expect(gateway.group.status().backlog).toEqual({ entries: 0, bytes: 0, underWay: 0 });
  });

  it("that was killed tells the next one's worker from when to when nobody was there", async () => {
    const world = new World(1);
    const first = await world.join();
    await world.clock.advance(20_000);
    first.kill();
    const killed = world.clock.now();
    await write(world, 100, 10_000);
    const second = await world.join();
    const back = world.clock.now();
    await world.clock.advance(6_000);
    expect(partsOf(world)).toEqual([64]);
    const [missed, ...more] = world.missed;
    expect(more).toEqual([]);
    expect(missed).toMatchObject({ gateway: second.id, reason: "unattended", count: null });
    expect(missed?.parts).toHaveLength(64);
    expect(missed?.from).toBeLessThanOrEqual(killed);
    expect(missed?.from).toBeGreaterThan(killed - 6_000);
    expect(missed?.to).toBeGreaterThanOrEqual(back);
  });

  it("that was stopped in order has nothing missing but what happened while it was away", async () => {
    const world = new World(2);
    const first = await world.join();
    await write(world, 100, 20_000);
    const stopped = world.clock.now();
    void first.stop();
    await world.clock.advance(500);
    expect(first.state).toBe("stopped");
    expect(counts(world)).toEqual(Array(100).fill(1));
    await world.clock.advance(60_000);
    await world.join();
    await world.clock.advance(3_000);
    expect(partsOf(world)).toEqual([64]);
    expect(world.missed).toHaveLength(1);
    expect(world.missed[0]?.from).toBeGreaterThan(stopped - 100);
  });
});

describe("several gateways", () => {
  it("share evenly, and hand each event out once while they come and go in order", async () => {
    const world = new World(3);
    await world.join();
    await write(world, 300, 3_000);
    await world.join();
    await write(world, 300, 3_000);
    expect(partsOf(world)).toEqual([32, 32]);
    const third = await world.join();
    await write(world, 300, 4_000);
    expect(partsOf(world).sort()).toEqual([21, 21, 22]);
    void third.stop();
    await write(world, 300, 4_000);
    expect(third.state).toBe("stopped");
    expect(partsOf(world)).toEqual([32, 32]);
    await world.clock.advance(2_000);
    expect(counts(world)).toEqual(Array(1_200).fill(1));
    expect(world.missed).toEqual([]);
    for (const { group } of world.living()) expect(group.status().backlog.entries).toBe(0);
  });

  it("lose nothing when one is killed, and repeat what it had not said was done", async () => {
    const world = new World(3);
    const first = await world.join();
    await world.join();
    await world.clock.advance(5_000);
    await write(world, 1_000, 2_000);
    first.kill();
    const killed = world.clock.now();
    await write(world, 1_000, 8_000);
    await world.clock.advance(6_000);
    expect(partsOf(world)).toEqual([64]);
    expect(world.missed).toEqual([]);
    for (const { id, at } of world.raised) {
      const [one, ...more] = world.handOutsOf(id);
      expect(one).toBeDefined();
      for (const repeat of more) expect(repeat.mayBeRepeat).toBe(true);
      if (more.length > 0) expect(at).toBeGreaterThan(killed - 600);
    }
    expect(world.handedOut.filter(({ mayBeRepeat }) => mayBeRepeat).length).toBeLessThan(400);
  });

  it.each([3_500, 5_000, 9_000])(
    "lose nothing that one was told %i ms late, as it stood still, and did not finish",
    async (still) => {
      const world = new World(1, 1, { ttl: 20_000 });
      const first = await world.join();
      await world.join();
      await world.clock.advance(30_000);
      const before = world.raised.length;
      first.pace = 60_000;
      first.freeze(still);
      await write(world, 200, 20);
      await world.clock.advance(still + 11_000);
      first.kill();
      await world.clock.advance(60_000);
      expect(undone(world, before)).toEqual([]);
      expect(world.missed).toEqual([]);
    },
  );

  it("lose nothing of a node that was gone when a part was handed over, and is back", async () => {
    const world = new World(2, 1, { ttl: 10_000 });
    const first = await world.join();
    const second = await world.join();
    const third = await world.join();
    await world.clock.advance(40_000);
    first.pace = 1_000;
    await write(world, 200, 100);
    for (const gateway of [first, second, third]) gateway.forsake("node2");
    const held = second.group.status().parts.length;
    void first.stop();
    for (let ms = 0; ms < 5_000 && second.group.status().parts.length === held; ms++) {
      await world.clock.advance(1);
    }
    expect(second.group.status().parts.length).toBeGreaterThan(held);
    // Before it says so much as that the parts are its own.
    await world.clock.advance(20);
    second.kill();
    await world.clock.advance(500);
    third.readmit("node2");
    await world.clock.advance(1_000);
    const before = world.raised.length;
    await write(world, 200, 100);
    await world.clock.advance(60_000);
    const lost = world.raised.slice(before).filter(({ id }) => world.handOutsOf(id).length === 0);
    expect([lost.length, world.missed]).toEqual([0, []]);
  });

  it("lose nothing when Redis' clock is set back, or another server's takes its place", async () => {
    const world = new World(1, 1, { ttl: 20_000 });
    const first = await world.join();
    await world.join();
    await world.clock.advance(30_000);
    world.redisAhead -= 30_000;
    const before = world.raised.length;
    first.pace = 60_000;
    await write(world, 200, 20);
    await world.clock.advance(12_000);
    first.kill();
    await world.clock.advance(120_000);
    expect(undone(world, before)).toEqual([]);
    expect(world.missed).toEqual([]);
  });

  it("do not let one that was frozen go on as if nothing had happened", async () => {
    const world = new World(1);
    const first = await world.join();
    await world.join();
    await world.clock.advance(5_000);
    first.freeze(10_000);
    await write(world, 500, 9_900);
    const before = world.handedOut.length;
    expect(world.handedOut.every(({ gateway }) => gateway === "g2")).toBe(true);
    await world.clock.advance(300);
    const after = world.handedOut.slice(before);
    expect(after.every(({ gateway }) => gateway === "g2")).toBe(true);
    await world.clock.advance(5_000);
    expect(counts(world)).toEqual(Array(500).fill(1));
    expect(partsOf(world)).toEqual([32, 32]);
  });

  it("keep what comes while the leases cannot be renewed, and go on with their own after it", async () => {
    const world = new World(2);
    await world.join();
    await world.join();
    await world.clock.advance(5_000);
    const before = world.living().map(({ group }) => group.status().parts);
    world.storeDownUntil = world.clock.now() + 10_000;
    await write(world, 400, 4_500);
    const during = world.handedOut.length;
    expect(during).toBeLessThan(400);
    await write(world, 100, 4_000);
    expect(world.handedOut).toHaveLength(during);
    expect(world.living().map(({ group }) => group.status().state)).toEqual(["lapsed", "lapsed"]);
    await world.clock.advance(6_000);
    expect(counts(world)).toEqual(Array(500).fill(1));
    expect(world.living().map(({ group }) => group.status().parts)).toEqual(before);
  });

  it("count what there was no room to keep, and say so to whoever takes over", async () => {
    const world = new World(1, 1, { backlogEntries: 50 });
    const first = await world.join();
    await world.clock.advance(1_000);
    world.storeDownUntil = world.clock.now() + 10_000;
    await world.clock.advance(4_000);
    expect(first.group.status().state).toBe("lapsed");
    await write(world, 400, 4_000);
    expect(first.group.status().backlog.entries).toBe(50);
    await world.clock.advance(5_000);
    const dropped = world.missed.reduce((sum, { count }) => sum + (count ?? 0), 0);
    expect(dropped).toBe(350);
    expect(world.missed.every(({ reason }) => reason === "overflow")).toBe(true);
    expect(world.handedOut.map(({ id }) => id).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => 350 + index),
    );
  });

  it("tell a gap of the source to the worker of whoever holds the parts", async () => {
    const world = new World(2);
    const first = await world.join();
    await world.clock.advance(5_000);
    first.cut("node1");
    await write(world, 100, 1_000);
    await world.clock.advance(3_000);
    expect(world.missed).toMatchObject([{ gateway: "g1", reason: "source", count: null }]);
    const untold = counts(world).filter((count) => count === 0).length;
    expect(untold).toBeGreaterThan(0);
  });

  it("hand a part over when what they have of it is done, and not before", async () => {
    const world = new World(2);
    const first = await world.join();
    first.pace = 6_000;
    await write(world, 300, 1_000);
    await world.join();
    await world.clock.advance(1_500);
    first.kill();
    await world.clock.advance(20_000);
    const isDone = ({ id }: { id: number }) => world.handOutsOf(id).some((one) => one.isDone);
    const undone = world.raised.filter((raised) => !isDone(raised));
    // The second one was not there yet when these came, and says so.
    const [missed] = world.missed;
    for (const { at } of undone) expect(at).toBeLessThanOrEqual(missed?.to ?? 0);
    expect(missed?.reason).toBe("unattended");
  });

  it("lose nothing of what is long under way when they are killed", async () => {
    const world = new World(2);
    const first = await world.join();
    first.pace = 60_000;
    await world.join();
    await world.clock.advance(5_000);
    await write(world, 300, 1_000);
    await world.clock.advance(15_000);
    first.kill();
    await world.clock.advance(10_000);
    expect(world.missed).toEqual([]);
    for (const { id } of world.raised) {
      expect(world.handOutsOf(id).some((one) => one.isDone)).toBe(true);
    }
  });

  it("begin behind the fences of the one before, however late they are told of them", async () => {
    const world = new World(3);
    await world.join();
    await write(world, 100, 1_000);
    const late = await world.join();
    late.lag = 1_500;
    await write(world, 3_000, 6_000);
    await world.clock.advance(4_000);
    expect(partsOf(world)).toEqual([32, 32]);
    expect(counts(world)).toEqual(Array(3_100).fill(1));
  });

  it("do not take for done what the holder was cut off from", async () => {
    const world = new World(2);
    const first = await world.join();
    await world.join();
    await world.clock.advance(10_000);
    first.cut("node1", 60_000);
    await write(world, 400, 8_000);
    first.kill();
    await world.clock.advance(10_000);
    expect(world.missed).toEqual([]);
    expect(counts(world).every((count) => count > 0)).toBe(true);
  });

  it("leave no timer behind", async () => {
    const world = new World(2);
    const first = await world.join();
    const second = await world.join();
    await write(world, 100, 2_000);
    void first.stop();
    void second.stop();
    await world.clock.advance(10_000);
    expect([first.state, second.state]).toEqual(["stopped", "stopped"]);
    expect(world.clock.pending).toBe(0);
  });
});
