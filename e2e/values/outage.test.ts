import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  hold,
  type StandaloneRedis,
  startProxy,
  startRedis,
  startSentinel,
  waitFor,
} from "../support/index.js";
import { bytes, valuesOf } from "./values-of.js";

let server: StandaloneRedis;

beforeAll(async () => {
  server = await startRedis();
  await server.client.set("k", "v");
});

afterAll(async () => {
  await server?.stop();
});

const VALUE = { value: { type: "string", data: "v" } };

describe("where Redis cannot be asked", () => {
  it("a server that is not there is named in the refusal", async () => {
    const gone = await startRedis();
    await gone.node.kill();
    const opened = valuesOf(gone.url, { timeout: 1_500 });
    await expect(opened.values.read(0, bytes("k"))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(String(gone.node.port)),
    });
    await expect(
      opened.values.snapshot({ kind: "prefix", db: 0, bytes: bytes("k") }, 10),
    ).rejects.toMatchObject({ code: "unavailable" });
    opened.close();
    await gone.stop();
  }, 30_000);

  it("a connection that is cut costs the one who asks nothing but time", async () => {
    const proxy = await startProxy(server.node.port);
    hold(() => proxy.stop());
    const opened = valuesOf(`redis://127.0.0.1:${proxy.port}/0`);
    expect(await opened.values.read(0, bytes("k"))).toEqual(VALUE);
    proxy.delay(30);
    const read = opened.values.read(0, bytes("k"));
    await waitFor(() => opened.values.status().reading === 1, { what: "the read to be under way" });
    proxy.cut();
    expect(await read).toEqual(VALUE);
    opened.close();
  });

  it("a server that hangs is given up in time, and read again when it is back", async () => {
    const frozen = await startRedis();
    await frozen.client.set("k", "v");
    const opened = valuesOf(frozen.url);
    expect(await opened.values.read(0, bytes("k"))).toEqual(VALUE);
    frozen.node.pause();
    const asked = Date.now();
    await expect(opened.values.read(0, bytes("k"))).rejects.toMatchObject({ code: "unavailable" });
    expect(Date.now() - asked).toBeLessThan(12_000);
    frozen.node.resume();
    await waitFor(() => opened.values.read(0, bytes("k")), { what: "the value again" });
    opened.close();
    await frozen.stop();
  }, 40_000);

  it("what waits when it is closed is refused, at once", async () => {
    const proxy = await startProxy(server.node.port);
    hold(() => proxy.stop());
    const opened = valuesOf(`redis://127.0.0.1:${proxy.port}/0`);
    await opened.values.read(0, bytes("k"));
    proxy.stall();
    const read = opened.values.read(0, bytes("k"));
    const refused = expect(read).rejects.toMatchObject({ code: "unavailable" });
    await waitFor(() => opened.values.status().reading === 1, { what: "the read to be under way" });
    opened.close();
    await refused;
    await expect(opened.values.read(0, bytes("k"))).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("rights", () => {
  it("a user with a password gets in; a wrong one is told so, and not tried for long", async () => {
    const redis = server.client;
    await redis.call("ACL", "SETUSER", "reader", "on", ">secret", "~*", ...RIGHTS);
    const at = `127.0.0.1:${server.node.port}/0`;
    const opened = valuesOf(`redis://reader:secret@${at}`);
    expect(await opened.values.read(0, bytes("k"))).toEqual(VALUE);
    await redis.hset("h", "f", "v");
    expect((await opened.values.read(0, bytes("h"))).value).toMatchObject({ type: "hash" });
    opened.promptExpiry.watch(0, bytes("k"), 0);
    await waitFor(() => opened.promptExpiry.status().touched === 1, { what: "a touch" });
    expect(await opened.values.read(0, bytes("k"), { event: "del" })).toEqual(VALUE);
    expect(opened.promptExpiry.status().failed).toBe(0);
    opened.close();
    const wrong = valuesOf(`redis://reader:wrong@${at}`, { timeout: 1_500 });
    await expect(wrong.values.read(0, bytes("k"))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("WRONGPASS"),
    });
    wrong.close();
  });

  it("a command that is missing is named", async () => {
    const redis = server.client;
    const less = RIGHTS.filter((right) => right !== "+multi");
    await redis.call("ACL", "SETUSER", "less", "on", ">secret", "~*", ...less);
    const opened = valuesOf(`redis://less:secret@127.0.0.1:${server.node.port}/0`);
    const asked = Date.now();
    await expect(opened.values.read(0, bytes("k"))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/NOPERM.*multi/),
    });
    expect(Date.now() - asked).toBeLessThan(4_000);
    opened.close();
  });
});

/** What docs/values.md says that reading takes, and `role`, which finds the primary. */
const RIGHTS = [
  "+multi +exec +type +pttl +object|encoding +memory|usage +strlen +getrange +hlen +hgetall",
  "+llen +lrange +scard +smembers +zcard +zrange +xlen +xrevrange +scan +select +ping +role",
]
  .join(" ")
  .split(" ");

it("a standalone server that is demoted under an open connection is left for the new primary", async () => {
  const old = await startRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const next = await startRedis({
    args: ["--replicaof", "127.0.0.1", String(old.node.port)],
  });
  await old.client.set("k", "before");
  await waitFor(async () => (await next.client.get("k")) === "before", { what: "the replica" });
  const opened = valuesOf(old.url);
  expect((await opened.values.read(0, bytes("k"))).value).toMatchObject({ data: "before" });
  await next.client.replicaof("NO", "ONE");
  await old.client.replicaof("127.0.0.1", next.node.port);
  await next.client.config("RESETSTAT");
  opened.refresh();
  await waitFor(
    async () => {
      await opened.values.read(0, bytes("k"));
      return /cmdstat_getrange/.test(await next.client.info("commandstats"));
    },
    { what: "reads on the new primary" },
  );
  const client = new Redis({ port: next.node.port });
  await client.set("k", "after");
  client.disconnect();
  expect((await opened.values.read(0, bytes("k"))).value).toMatchObject({ data: "after" });
  opened.close();
});

it("the primary that Sentinels name is read, and after a failover the new one", async () => {
  const deployment = await startSentinel({ sentinels: 3, replicas: 1 });
  const old = await deployment.primary();
  await old.client.set("k", "v");
  const opened = valuesOf(deployment.url);
  expect(await opened.values.read(0, bytes("k"))).toEqual(VALUE);
  await waitFor(async () => Number(await old.client.wait(1, 100)) === 1, { what: "the replica" });
  const next = await deployment.failover();
  await next.client.set("k", "new");
  opened.refresh();
  await waitFor(
    async () => {
      const { value } = await opened.values.read(0, bytes("k"));
      return JSON.stringify(value) === '{"type":"string","data":"new"}';
    },
    { what: "the new primary's value", deadline: 20_000 },
  );
  opened.close();
  await deployment.stop();
}, 90_000);
