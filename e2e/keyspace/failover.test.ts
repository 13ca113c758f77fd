import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RedisCluster, slotOf, startCluster, waitFor } from "../support/index.js";
import { type Recorder, record } from "./recorder.js";

let cluster: RedisCluster;
let keyspace: Keyspace;

beforeEach(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 3 });
  keyspace = await openKeyspace({ redis: cluster.url });
}, 120_000);

afterEach(async () => {
  await keyspace?.close();
  await cluster?.stop();
});

/** Changes the key on whoever takes it, until the recorder is told of it. */
async function flowsAgain(recorder: Recorder, key: string, slot: number): Promise<void> {
  await waitFor(
    async () => {
      const owner = await cluster.primaryOf(slot);
      await owner.client.setrange(key, 0, "again");
      return recorder.count("setrange", key) > 0;
    },
    { what: `events of ${key} to flow again`, deadline: 40_000 },
  );
}

describe("failover", () => {
  it("after a kill: flows again by itself, one gap for exactly what was touched", async () => {
    const lost = await cluster.keyFor(0, "lost:");
    const kept = await cluster.keyFor(1, "kept:");
    const touched = [
      await record(keyspace, `key:${lost}`),
      await record(keyspace, "prefix:lo"),
      await record(keyspace, "event:setrange"),
    ].map(({ recorder }) => recorder);
    const untouched = (await record(keyspace, `key:${kept}`)).recorder;
    await cluster.node(0).client.set(lost, "1");
    for (const recorder of touched.slice(0, 2)) await recorder.saw("set", lost);

    const killedAt = Date.now();
    await cluster.node(0).kill();
    const slot = slotOf(lost);
    for (const recorder of touched) await flowsAgain(recorder, lost, slot);

    for (const recorder of touched) {
      expect(recorder.gaps).toHaveLength(1);
      const [gap] = recorder.gaps;
      expect(gap?.reason).toBe("failover");
      expect(gap?.from).toBeLessThanOrEqual(killedAt);
      expect(gap?.from).toBeGreaterThan(killedAt - 3_000);
      expect(gap?.to).toBeGreaterThan(killedAt);
    }
    expect(untouched.gaps).toEqual([]);

    // Its return as a replica is no news to anybody.
    await cluster.node(0).restart();
    await cluster.waitUntilStable();
    const before = touched.map(({ gaps }) => gaps.length);
    await flowsAgain(touched[0] as Recorder, lost, slot);
    expect(touched.map(({ gaps }) => gaps.length)).toEqual(before);
  });

  it("planned: the socket stays open on what is a replica now, and that is noticed", async () => {
    const key = await cluster.keyFor(0, "planned:");
    const exact = (await record(keyspace, `key:${key}`)).recorder;
    const broad = (await record(keyspace, "prefix:planned:")).recorder;
    const [replica] = await cluster.replicasOf(cluster.node(0));
    if (replica === undefined) throw new Error("node 0 has no replica");

    await cluster.failover(replica);
    const slot = slotOf(key);
    await flowsAgain(exact, key, slot);
    await flowsAgain(broad, key, slot);
    await waitFor(() => exact.gaps.length === 1 && broad.gaps.length === 1, { what: "a gap each" });
    expect(exact.gaps[0]?.reason).toBe("failover");
    expect(broad.gaps[0]?.reason).toBe("failover");

    // From here on each event comes from the new primary alone.
    exact.log.length = 0;
    broad.log.length = 0;
    await replica.client.set(key, "1");
    await replica.client.pexpire(key, 10);
    await waitFor(async () => (await replica.client.get(key)) === null, { what: "the expiry" });
    await broad.saw("expired", key);
    const life = [`set ${key}`, `expire ${key}`, `expired ${key}`];
    // What was written until events flowed again may still be on its way.
    const since = ({ log }: Recorder) => log.filter((line) => !line.startsWith("setrange"));
    expect(since(broad)).toEqual(life);
    await waitFor(() => since(exact).length === life.length, { what: "the exact key's events" });
    expect(since(exact)).toEqual(life);
  });

  it("finds a frozen node within 3 s, and says so where it comes back", async () => {
    const key = await cluster.keyFor(2, "frozen:");
    const { recorder } = await record(keyspace, `key:${key}`);
    const frozen = cluster.node(2);
    const id = frozen.id;
    const frozenAt = Date.now();
    frozen.pause();
    await waitFor(() => keyspace.nodes().find((node) => node.id === id)?.state !== "ready", {
      what: "the frozen node to be given up",
    });
    expect(Date.now() - frozenAt).toBeLessThan(3_500);
    frozen.resume();
    await flowsAgain(recorder, key, slotOf(key));
    expect(recorder.gaps).toHaveLength(1);
  });
});
