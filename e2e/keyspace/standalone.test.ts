import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { parseChannel } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis, waitFor } from "../support/index.js";
import { Recorder, record } from "./recorder.js";

let server: StandaloneRedis;
let keyspace: Keyspace;
let db3: Redis;

beforeAll(async () => {
  server = await startRedis();
  db3 = new Redis({ port: server.node.port, db: 3 });
  keyspace = await openKeyspace({ redis: server.url });
});

afterAll(async () => {
  await keyspace?.close();
  db3?.disconnect();
  await server?.stop();
});

const numpat = async () => Number(await server.client.pubsub("NUMPAT"));
const channels = async () =>
  ((await server.client.pubsub("CHANNELS")) as string[]).filter((name) => name.startsWith("__key"));

describe("a standalone server", () => {
  it("switches on the flags that are missing and keeps those somebody set", async () => {
    const [, flags = ""] = (await server.client.config(
      "GET",
      "notify-keyspace-events",
    )) as string[];
    expect([...flags].sort().join("")).toBe("AK");
  });

  it("tells a key's life, typed, in the order it happened", async () => {
    const { recorder, subscription } = await record(keyspace, "key:life");
    const before = Date.now();
    await server.client.set("life", "1");
    await server.client.append("life", "2");
    await server.client.expire("life", 100);
    await server.client.del("life");
    const last = await recorder.saw("del", "life");
    expect(recorder.log).toEqual(["set life", "append life", "expire life", "del life"]);
    expect(last).toMatchObject({ node: `127.0.0.1:${server.node.port}`, db: 0 });
    expect(Buffer.isBuffer(last.key)).toBe(true);
    expect(last.receivedAt).toBeGreaterThanOrEqual(before);
    await subscription.unsubscribe();
  });

  it("tells a database of its own, and all of them", async () => {
    const one = await record(keyspace, "prefix@3:db:");
    const all = await record(keyspace, "key@*:db:x");
    await server.client.set("db:x", "1");
    await db3.set("db:x", "1");
    await one.recorder.saw("set", "db:x");
    await waitFor(() => all.recorder.notifications.length === 2, { what: "both databases" });
    expect(one.recorder.notifications.map(({ db }) => db)).toEqual([3]);
    expect(all.recorder.notifications.map(({ db }) => db)).toEqual([0, 3]);
    await one.subscription.unsubscribe();
    await all.subscription.unsubscribe();
  });

  it("tells keys of any bytes, exactly", async () => {
    const { recorder, subscription } = await record(keyspace, "prefix:");
    const keys = [
      Buffer.from([0, 255, 10, 13]),
      Buffer.from("a:b@c|d\ne"),
      Buffer.from("__keyspace@0__:x"),
      Buffer.alloc(0),
      Buffer.from("*?[a]\\"),
    ];
    for (const key of keys) await server.client.set(key, "1");
    await waitFor(() => recorder.notifications.length === keys.length, { what: "all keys" });
    expect(recorder.notifications.map(({ key }) => key)).toEqual(keys);
    await subscription.unsubscribe();
  });

  it("tells of one raw key by its bytes", async () => {
    const { recorder, subscription } = await record(keyspace, "rawkey:_w8");
    await server.client.set(Buffer.from([0xff, 0x0e]), "1");
    await server.client.set(Buffer.from([0xff, 0x0f]), "1");
    await waitFor(() => recorder.notifications.length === 1, { what: "the raw key" });
    expect(recorder.notifications[0]?.key).toEqual(Buffer.from([0xff, 0x0f]));
    await subscription.unsubscribe();
  });

  it("tells an event of all keys, and adds the flag that this takes", async () => {
    const { recorder, subscription } = await record(keyspace, "event:expired");
    await server.client.psetex("soon", 20, "1");
    await recorder.saw("expired", "soon");
    const [, flags] = (await server.client.config("GET", "notify-keyspace-events")) as string[];
    expect(flags).toContain("E");
    await subscription.unsubscribe();
  });

  it("tells a key miss where it is asked for by name", async () => {
    const { recorder, subscription } = await record(keyspace, "event:keymiss");
    await server.client.get("nobody");
    await recorder.saw("keymiss", "nobody");
    await subscription.unsubscribe();
  });

  it("subscribes a thousand times the same once, and not at all when the last one left", async () => {
    const interest = parseChannel("key:a");
    const recorders = Array.from({ length: 1_000 }, () => new Recorder());
    const subscriptions = await Promise.all(
      recorders.map((recorder) => keyspace.subscribe(interest, recorder)),
    );
    expect(await channels()).toEqual(["__keyspace@0__:a"]);
    expect(await numpat()).toBe(0);
    await server.client.set("a", "1");
    await waitFor(() => recorders.every(({ log }) => log.length === 1), { what: "each told once" });
    await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
    await waitFor(async () => (await channels()).length === 0, { what: "no channel" });
    expect(keyspace.feeds()).toEqual([]);
  });

  it("serves a key beside a prefix that covers it by the one pattern, each event once", async () => {
    const key = await record(keyspace, "key:order:42");
    const prefix = await record(keyspace, "prefix:order:");
    await waitFor(async () => (await channels()).length === 0, { what: "the key's channel to go" });
    expect(await numpat()).toBe(1);
    await server.client.set("order:42", "1");
    await server.client.set("order:43", "1");
    await prefix.recorder.saw("set", "order:43");
    expect(key.recorder.log).toEqual(["set order:42"]);
    expect(prefix.recorder.log).toEqual(["set order:42", "set order:43"]);
    await prefix.subscription.unsubscribe();
    await waitFor(async () => (await numpat()) === 0, { what: "the pattern to go" });
    expect(await channels()).toEqual(["__keyspace@0__:order:42"]);
    await server.client.set("order:42", "2");
    await waitFor(() => key.recorder.log.length === 2, { what: "the key still told" });
    await key.subscription.unsubscribe();
  });

  it("loses and repeats nothing while feeds take over from each other under load", async () => {
    const { recorder, subscription } = await record(keyspace, "key:busy");
    let writing = true;
    const writer = (async () => {
      let written = 0;
      for (; writing && written < 200_000; written++) {
        await server.client.call("INCR", "busy");
      }
      return written;
    })();
    for (let round = 0; round < 60; round++) {
      const broad = await record(keyspace, round % 2 ? "prefix:bu" : "pattern:*sy");
      await broad.subscription.unsubscribe();
    }
    writing = false;
    const written = await writer;
    await waitFor(() => recorder.log.length >= written, { what: `${written} events` });
    await keyspace.subscribe(parseChannel("key:barrier"), new Recorder());
    expect(recorder.log.length).toBe(written);
    await subscription.unsubscribe();
  });

  it("folds many patterns into few, and matches the rest itself", async () => {
    const names = Array.from({ length: 40 }, (_, at) => `tenant:${at}:`);
    const all = await Promise.all(names.map((name) => record(keyspace, `prefix:${name}`)));
    await waitFor(async () => (await numpat()) <= 8, { what: "at most eight patterns" });
    for (const name of names) await server.client.set(`${name}x`, "1");
    for (const [at, { recorder }] of all.entries()) await recorder.saw("set", `${names[at]}x`);
    for (const [at, { recorder }] of all.entries()) {
      expect(recorder.log).toEqual([`set ${names[at]}x`]);
    }
    await Promise.all(all.map(({ subscription }) => subscription.unsubscribe()));
    await waitFor(async () => (await numpat()) === 0, { what: "no pattern" });
  });

  it("tells a flush as a gap", async () => {
    const { recorder, subscription } = await record(keyspace, "prefix:flush:");
    await server.client.set("flush:1", "1");
    await recorder.saw("set", "flush:1");
    await server.client.flushdb();
    await waitFor(() => recorder.gaps.length === 1, { what: "the gap" });
    expect(recorder.gaps[0]?.reason).toBe("flushed");
    await subscription.unsubscribe();
  });

  it("tells swapped databases as a gap", async () => {
    const { recorder, subscription } = await record(keyspace, "prefix:swap:");
    const before = Date.now();
    await server.client.multi().set("swap:1", "1").swapdb(0, 3).exec();
    const after = Date.now();
    await waitFor(() => recorder.gaps.length === 1, { what: "the gap" });
    const [gap] = recorder.gaps;
    expect(gap?.reason).toBe("flushed");
    expect(gap?.from).toBeLessThanOrEqual(before);
    expect(gap?.to).toBeGreaterThanOrEqual(after);
    await server.client.swapdb(0, 3);
    await waitFor(() => recorder.gaps.length === 2, { what: "the gap of the way back" });
    await subscription.unsubscribe();
  });

  it("mends notifications that somebody switched off, and says since when", async () => {
    const { recorder, subscription } = await record(keyspace, "prefix:off:");
    await server.client.config("SET", "notify-keyspace-events", "");
    await server.client.set("off:lost", "1");
    await waitFor(() => recorder.gaps.length === 1, { what: "the gap" });
    expect(recorder.gaps[0]).toMatchObject({ reason: "resubscribed" });
    await server.client.set("off:told", "1");
    await recorder.saw("set", "off:told");
    await subscription.unsubscribe();
  });
});
