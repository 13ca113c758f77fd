import { openKeyspace } from "@keywire/gateway/keyspace";
import { expect, it } from "vitest";
import { failOver, startPair, startProxy, startRedis, waitFor } from "../support/index.js";
import { record } from "./recorder.js";

const QUICK_SYNC = ["--repl-diskless-sync-delay", "0"];

it("follows a standalone server that FAILOVER made a replica under the open connection", async () => {
  const [first, second] = await startPair();
  const keyspace = await openKeyspace({ redis: first.url });
  const { recorder } = await record(keyspace, "prefix:swap:");
  await first.client.set("swap:before", "1");
  await recorder.saw("set", "swap:before");

  await failOver(first, second);
  await waitFor(
    async () => {
      await second.client.set("swap:after", "1");
      return recorder.notifications.some(({ node }) => node === `127.0.0.1:${second.node.port}`);
    },
    { what: "events from the new primary" },
  );
  expect(recorder.gaps).toMatchObject([{ reason: "failover" }]);
  await keyspace.close();
  await second.stop();
  await first.stop();
});

it("a server that was another one's replica for a while is listened to again, or told to have changed", async () => {
  const [server, other] = await Promise.all([
    startRedis({ args: QUICK_SYNC }),
    startRedis({ args: QUICK_SYNC }),
  ]);
  const keyspace = await openKeyspace({ redis: server.url });
  try {
    const { recorder } = await record(keyspace, "prefix:import:");
    const follow = async () => {
      await server.client.replicaof("127.0.0.1", other.node.port);
      await waitFor(async () => (await server.client.get("import:1")) === "1", {
        what: "the copy",
      });
    };
    await other.client.set("import:1", "1");
    const before = Date.now();
    await follow();
    await recorder.sawGap("failover");
    await server.client.replicaof("NO", "ONE");
    await waitFor(
      async () => {
        await server.client.set("import:2", "1");
        return recorder.notifications.some(({ node }) => node === server.node.id);
      },
      { what: "events of the server that is meant" },
    );
    expect(recorder.gaps.map(({ reason }) => reason)).toEqual(["failover", "failover"]);
    expect(recorder.gaps[0]?.from).toBeLessThanOrEqual(before);

    // So fast that nobody looked meanwhile: its keys are others all the same.
    const again = Date.now();
    await server.client
      .multi()
      .replicaof("127.0.0.1", other.node.port)
      .replicaof("NO", "ONE")
      .exec();
    const gap = await waitFor(() => recorder.gaps[2], { what: "the gap of a moment's absence" });
    expect(gap.from).toBeLessThanOrEqual(again);
  } finally {
    await keyspace.close();
    await other.stop();
    await server.stop();
  }
});

it("tells a gap where Redis cut the link off for its output buffer, once", async () => {
  const server = await startRedis({ args: ["--client-output-buffer-limit", "pubsub 200kb 0 0"] });
  const proxy = await startProxy(server.node.port);
  const keyspace = await openKeyspace({ redis: `redis://127.0.0.1:${proxy.port}/0` });
  const { recorder } = await record(keyspace, "prefix:flood:");
  await server.client.set("flood:first", "1");
  await recorder.saw("set", "flood:first");

  const floodedAt = Date.now();
  proxy.block();
  await waitFor(
    async () => {
      const flood = server.client.pipeline();
      for (let at = 0; at < 20_000; at++) flood.set(`flood:${at % 100}`, "1");
      await flood.exec();
      return (await server.client.call("CLIENT", "LIST", "TYPE", "pubsub")) === "";
    },
    { what: "Redis to cut the link off" },
  );
  proxy.resume();

  await waitFor(() => recorder.gaps.length === 1, { what: "the gap" });
  const [gap] = recorder.gaps;
  expect(gap?.reason).toBe("node_lost");
  expect(gap?.from).toBeLessThanOrEqual(floodedAt);
  await server.client.set("flood:last", "1");
  await recorder.saw("set", "flood:last");
  expect(recorder.gaps).toHaveLength(1);
  await keyspace.close();
  await proxy.stop();
  await server.stop();
});

it("begins without Redis, says so, and listens when it comes", async () => {
  const server = await startRedis();
  await server.node.kill();
  const keyspace = await openKeyspace({ redis: server.url });
  expect(keyspace.problems().join()).toContain(`127.0.0.1:${server.node.port}`);
  await server.node.restart();
  await waitFor(() => keyspace.problems().length === 0, { what: "no problem any more" });
  const { recorder } = await record(keyspace, "key:a");
  await server.client.set("a", "1");
  await recorder.saw("set", "a");
  await keyspace.close();
  await server.stop();
});
