import { type Keyspace, openKeyspace } from "@keywire/gateway/keyspace";
import { type Clock, parseChannel, systemClock } from "@keywire/shared";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { type StandaloneRedis, startMonitor, startRedis, waitFor } from "../support/index.js";
import { Recorder, record } from "./recorder.js";

let server: StandaloneRedis | undefined;
let keyspace: Keyspace | undefined;

afterEach(async () => {
  await keyspace?.close();
  await server?.stop();
  keyspace = undefined;
  server = undefined;
});

const NO_CONFIG = ["--rename-command", "CONFIG", ""];
const flags = (on: string) => ["--notify-keyspace-events", on];

async function open(args: readonly string[], notify?: "auto" | "check" | "off"): Promise<Keyspace> {
  server = await startRedis({ args });
  keyspace = await openKeyspace({ redis: server.url, ...(notify && { notify }) });
  return keyspace;
}

/** How often CONFIG GET, or SET, was called. */
async function calls(name: "get" | "set"): Promise<number> {
  const line = new RegExp(`^cmdstat_config\\|${name}:calls=(\\d+)`, "m");
  return Number(line.exec((await server?.client.info("commandstats")) ?? "")?.[1] ?? 0);
}

describe("notify-keyspace-events", () => {
  it("under check: refuses, naming the node and the command that mends it", async () => {
    const checked = await open(flags("Ex"), "check");
    await expect(record(checked, "key:a")).rejects.toMatchObject({
      code: "notifications_disabled",
      message: expect.stringMatching(
        new RegExp(`node 127.0.0.1:${server?.node.port} .*CONFIG SET notify-keyspace-events \\w*K`),
      ),
    });
    expect(checked.problems().join()).toContain("CONFIG SET notify-keyspace-events");
    expect(checked.feeds()).toEqual([]);

    await server?.client.config("SET", "notify-keyspace-events", "KA");
    await waitFor(() => checked.problems().length === 0, { what: "the node to be ready" });
    const { recorder } = await record(checked, "key:a");
    await server?.client.set("a", "1");
    await recorder.saw("set", "a");
  });

  it("under check: a channel of one event needs its own letter, and says which", async () => {
    const checked = await open(flags("KA"), "check");
    await expect(record(checked, "event:expired")).rejects.toMatchObject({
      code: "notifications_disabled",
      message: expect.stringContaining("E"),
    });
    await record(checked, "key:a");
  });

  it("under check: so does who names an event that Redis tells only where it is asked to", async () => {
    const checked = await open(flags("KA"), "check");
    const asked = checked.subscribe(parseChannel("key:a"), new Recorder(), ["set", "keymiss"]);
    await expect(asked).rejects.toMatchObject({
      code: "notifications_disabled",
      message: expect.stringMatching(/CONFIG SET notify-keyspace-events \w*m/),
    });
    expect(checked.feeds()).toEqual([]);
  });

  it("under auto: asks for `new` once, and takes it for on as long as CONFIG GET says the same", async () => {
    const auto = await open(flags("AKE"));
    const recorder = new Recorder();
    await auto.subscribe(parseChannel("prefix:a"), recorder, ["new"]);
    const { client } = server ?? {};
    const [asked, added] = [await calls("get"), await calls("set")];
    await waitFor(async () => (await calls("get")) > asked + 2, { what: "two more looks" });
    expect(await calls("set")).toBe(added);
    await client?.set("a", "1");
    await recorder.saw("new", "a");
    expect(recorder.gaps).toEqual([]);
    // Whoever sets less, however little, is found out.
    await client?.config("SET", "notify-keyspace-events", "AK");
    await recorder.sawGap("resubscribed");
    await client?.set("ab", "1");
    await recorder.saw("new", "ab");
  });

  it("under auto: keeps `new`, which CONFIG GET hides behind A", async () => {
    const auto = await open(flags("AEn"));
    const { recorder } = await record(auto, "event:new");
    await server?.client.set("born", "1");
    await recorder.saw("new", "born");
  });

  it("where CONFIG is refused: a test on a key of its own shows that the server sends", async () => {
    const auto = await open([...NO_CONFIG, ...flags("KEA")]);
    expect(auto.problems()).toEqual([]);
    const { recorder } = await record(auto, "prefix:");
    await server?.client.set("a", "1");
    await recorder.saw("set", "a");
    expect(await server?.client.keys("*")).toEqual(["a"]);
  });

  it("where CONFIG is refused, and then writes are: goes on with what was proved", async () => {
    server = await startRedis({ args: flags("KEA") });
    const { client } = server;
    await client.call("ACL", "SETUSER", "app", "on", ">app", "~*", "&*", "+@all", "-config");
    const url = server.url.replace("redis://", "redis://app:app@");
    keyspace = await openKeyspace({ redis: url });
    const { recorder } = await record(keyspace, "prefix:full:");
    await client.psetex("full:1", 2_500, "1");
    await client.config("SET", "maxmemory", "1");
    // Looked at twice and more by then.
    await recorder.saw("expired", "full:1");
    expect(recorder.gaps).toEqual([]);
    expect(keyspace.problems()).toEqual([]);
    const later = await openKeyspace({ redis: url });
    expect(later.problems().join()).toMatch(/cannot be tested .* just now: OOM/);
    await client.config("SET", "maxmemory", "0");
    await waitFor(() => later.problems().length === 0, { what: "the node to be ready" });
    await later.close();
  });

  it("a server that runs a long script is asked again, and not said to forbid anything", async () => {
    const auto = await open(["--busy-reply-threshold", "100"]);
    const { port } = await record(auto, "key:other").then(() => server?.node ?? { port: 0 });
    const script = new Redis({ port, enableReadyCheck: false });
    const running = script.eval("while true do end", 0).catch(() => {});
    const isBusy = ({ message }: Error) => message.startsWith("BUSY");
    await waitFor(() => server?.client.ping().then(() => false, isBusy), { what: "a long script" });
    await expect(record(auto, "key:a")).rejects.toMatchObject({ code: "unavailable" });
    await server?.client.call("SCRIPT", "KILL");
    await running;
    script.disconnect();
    const { recorder } = await record(auto, "key:a");
    await server?.client.set("a", "1");
    await recorder.saw("set", "a");
  });

  it.each(["", "Kx", "KEg$"])(
    "where CONFIG is refused and %j is on: names what is missing, and subscribes nothing",
    async (on) => {
      const auto = await open([...NO_CONFIG, ...flags(on)]);
      await expect(record(auto, "key:a")).rejects.toMatchObject({
        code: "notifications_disabled",
        message: expect.stringContaining("CONFIG SET notify-keyspace-events"),
      });
      expect(auto.nodes()[0]?.state).not.toBe("ready");
      expect(auto.feeds()).toEqual([]);
      expect(await server?.client.pubsub("CHANNELS", "__keyspace@0__:a")).toEqual([]);
    },
  );

  it("under off: trusts, and asks for no CONFIG", async () => {
    const trusting = await open([...NO_CONFIG, ...flags("KEA")], "off");
    const { recorder } = await record(trusting, "key:a");
    await server?.client.set("a", "1");
    await recorder.saw("set", "a");
  });
});

describe("a user with few rights", () => {
  it("is told that Redis does not let it subscribe, and others keep what they have", async () => {
    server = await startRedis({ args: flags("KEA") });
    await server.client.call(
      ...(["ACL", "SETUSER", "narrow", "on", ">pw", "allkeys", "+@all"] as const),
      "resetchannels",
      "&__keyspace@0__:allowed",
      "&__redis__:invalidate",
    );
    const url = server.url.replace("redis://", "redis://narrow:pw@");
    keyspace = await openKeyspace({ redis: url });
    const { recorder } = await record(keyspace, "key:allowed");
    await expect(record(keyspace, "key:other")).rejects.toMatchObject({ code: "forbidden" });
    await expect(record(keyspace, "prefix:other")).rejects.toMatchObject({ code: "forbidden" });
    await server.client.set("allowed", "1");
    await recorder.saw("set", "allowed");
    expect(keyspace.feeds().map(({ channel }) => channel)).toEqual(["__keyspace@0__:allowed"]);
  });

  it.each([
    [
      "the command",
      ["-client|tracking"],
      /refuses CLIENT TRACKING, so a flush cannot be told: NOPERM/,
    ],
    ["the channel", ["resetchannels", "&__keyspace@0__:a"], /refuses SUBSCRIBE, so a flush cannot/],
    ["INFO", ["-info"], /refuses INFO, so a SWAPDB cannot be told: NOPERM/],
  ])(
    "that says nothing of flushes, as it lacks %s, is listened to, and that is told",
    async (_, rights, told) => {
      server = await startRedis();
      await server.client.call(
        "ACL",
        "SETUSER",
        "app",
        "on",
        ">pw",
        "allkeys",
        "+@all",
        "allchannels",
      );
      await server.client.call("ACL", "SETUSER", "app", ...rights);
      const reports: string[] = [];
      keyspace = await openKeyspace({
        redis: server.url.replace("redis://", "redis://app:pw@"),
        report: ({ event, message }) => reports.push(`${event}: ${message}`),
      });
      const { recorder } = await record(keyspace, "key:a");
      await server.client.set("a", "1");
      await recorder.saw("set", "a");
      expect(keyspace.problems()).toEqual([]);
      expect(reports.filter((line) => told.test(line))).toHaveLength(1);
      expect(reports.join()).not.toContain("node_down");
      expect(keyspace.nodes()).toEqual([
        expect.objectContaining({ problem: expect.stringMatching(told) }),
      ]);
    },
  );

  it("with a wrong password names the refusal", async () => {
    server = await startRedis();
    await server.client.call("ACL", "SETUSER", "someone", "on", ">right", "allkeys", "+@all");
    const url = server.url.replace("redis://", "redis://someone:wrong@");
    keyspace = await openKeyspace({ redis: url });
    expect(keyspace.problems().join()).toMatch(/WRONGPASS/);
    await expect(record(keyspace, "key:a")).rejects.toMatchObject({ code: "unavailable" });
  });
});

describe("notifications that were switched off", () => {
  const off = () => server?.client.config("SET", "notify-keyspace-events", "");
  const others: Keyspace[] = [];

  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
  });

  async function another(): Promise<Keyspace> {
    const other = await openKeyspace({ redis: server?.url ?? "" });
    others.push(other);
    return other;
  }

  it("and mended by one gateway are a gap for the clients of all", async () => {
    const gateways = [await open(flags("KA")), await another()];
    const recorders = [];
    for (const one of gateways) recorders.push((await record(one, "key:a")).recorder);
    await off();
    await server?.client.set("a", "told to nobody");
    for (const recorder of recorders) {
      const { from, to } = await recorder.sawGap("resubscribed");
      expect(from).toBeLessThan(to);
    }
    await server?.client.set("a", "told");
    for (const recorder of recorders) {
      await recorder.saw("set", "a");
      // Two that find it off in the same moment both say so.
      expect(recorder.log.filter((line) => line === "set a")).toHaveLength(1);
      expect(new Set(recorder.gaps.map(({ reason }) => reason))).toEqual(new Set(["resubscribed"]));
    }
  });

  it("and mended for a feed that needs more letters are a gap for those before it", async () => {
    const gateway = await open(flags("KA"));
    const { recorder } = await record(gateway, "key:a");
    await off();
    await server?.client.set("a", "told to nobody");
    await record(gateway, "event:set");
    await recorder.sawGap("resubscribed");
  });

  it("and whose link was lost, before they were looked at again, are in the gap of that", async () => {
    server = await startRedis({ args: flags("KA") });
    // Looks come later than PINGs, so that one of these is answered while nobody knows yet.
    let looks = 0;
    const look = (ms: number, fn: () => void) =>
      systemClock.after(ms + 700, () => {
        looks += 1;
        fn();
      });
    const isLook = (ms: number) => ms > 500 && ms < 1_000;
    const clock: Clock = {
      now: systemClock.now,
      after: (ms, fn) => (isLook(ms) ? look(ms, fn) : systemClock.after(ms, fn)),
    };
    keyspace = await openKeyspace({ redis: server.url, clock });
    const { recorder } = await record(keyspace, "key:a");
    const { client } = server;
    const monitor = await startMonitor(server.node);
    const pings = () => monitor.commands.filter(([name]) => name?.toLowerCase() === "ping").length;
    const unheard = await waitFor(
      async () => {
        const checked = await calls("get");
        await waitFor(async () => (await calls("get")) > checked, {
          what: "a look at the letters",
        });
        const [from, pinged, looked] = [Date.now(), pings(), looks];
        await off();
        await client.set("a", "told to nobody");
        await waitFor(() => pings() > pinged || looks > looked, { what: "a PING, or a look" });
        return looks === looked && from;
      },
      { what: "a PING between the write and the next look", deadline: 20_000 },
    );
    await monitor.stop();
    await client.call("CLIENT", "KILL", "TYPE", "pubsub");
    expect((await recorder.sawGap("node_lost")).from).toBeLessThanOrEqual(unheard);
  });

  it("are no gap where a new feed needs more letters than those before", async () => {
    const gateways = [await open(flags("KA")), await another()];
    const recorders = [];
    for (const one of gateways) recorders.push((await record(one, "key:a")).recorder);
    const [first] = gateways;
    if (first !== undefined) await record(first, "event:set");
    await server?.client.set("a", "1");
    for (const recorder of recorders) {
      await recorder.saw("set", "a");
      expect(recorder.gaps).toEqual([]);
    }
  });
});
