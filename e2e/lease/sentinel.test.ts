import { expect, it } from "vitest";
import {
  mintToken,
  type RedisNode,
  startGateway,
  startSentinel,
  waitFor,
} from "../support/index.js";
import { Libraries } from "../triggers/admin.js";

const SEEN = `#!js api_version=1.0 name=seen
redis.registerKeySpaceTrigger("seen", "user:", (client, { key }) => client.call("set", "seen:" + key, "1"));`;

it("works and revokes on the new primary while the former one, and the first Sentinel, stand still", async () => {
  const redis = await startSentinel({ sentinels: 3, replicas: 1 });
  const gateway = await startGateway({ redis: redis.url });
  const libraries = new Libraries(gateway);
  await libraries.load(SEEN);
  const works = (node: RedisNode, key: string) =>
    waitFor(
      async () => {
        await node.client.set(`user:${key}`, "1");
        return (await node.client.get(`seen:user:${key}`)) === "1";
      },
      { what: `the trigger to run on port ${node.port}`, deadline: 20_000 },
    );
  const headers = { authorization: `Bearer ${await mintToken({ admin: true })}` };
  const revoke = () =>
    fetch(`${gateway.url}/v1/admin/revocations`, { method: "POST", headers, body: '{"sub":"x"}' });
  const former = await redis.primary();
  const [sentinel] = redis.sentinels;
  try {
    await works(former, "1");
    former.pause();
    sentinel?.pause();
    await waitFor(async () => (await redis.primary()) !== former, {
      what: "another primary",
      deadline: 30_000,
    });
    const next = await redis.primary();
    await waitFor(async () => (await revoke()).ok, { what: "a revocation", deadline: 20_000 });
    expect(await next.client.zcard("{keywire}:revocations")).toBe(1);
    // Leases that were had before the failover have run out by now.
    await waitFor(() => gateway.output().includes("leases ran out"), {
      what: "the old leases' end",
    });
    await works(next, "2");
  } finally {
    former.resume();
    sentinel?.resume();
    await gateway.stop();
    await redis.stop();
  }
}, 120_000);
