import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "@keywire/shared";
import { afterEach, describe, expect, it } from "vitest";
import { type Ask, type Command, type Reply, ReplyError } from "../ports.js";
import { FakeRedis, type Handler } from "../testing/fake-redis.js";
import { Values } from "../values.js";
import { RedisStore, type Whereabouts } from "./redis-store.js";
import type { Credentials, Endpoint } from "./socket.js";

const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function fake(handler: Handler) {
  const redis = new FakeRedis(handler);
  const endpoint: Endpoint = { host: "127.0.0.1", port: await redis.listen() };
  closing.push(() => redis.close());
  return { redis, endpoint };
}

/** A deployment whose first node owns everything. */
function storeOn(
  nodes: readonly Endpoint[],
  credentials: Credentials = { tls: false },
  timeout = 5_000,
) {
  const where: Whereabouts = {
    primaries: new Map(nodes.map((endpoint, index) => [`node${index}`, endpoint])),
    ownerOf: () => "node0",
    signature: "",
    migrations: [],
  };
  const locate = async () => where;
  const rest = { sharded: nodes.length > 1, slotOf: () => 0, clock: systemClock };
  const store = new RedisStore({ credentials, locate, timeout, ...rest });
  closing.push(() => store.close());
  return store;
}

function ask(store: RedisStore, commands: readonly Command[], rest: Partial<Ask> = {}) {
  return new Promise<readonly Reply[]>((answered, failed) => {
    const to = { key: Buffer.from("k") };
    store.send([{ db: 0, to, weight: 1, ...rest, commands, answered, failed }]);
  });
}

const texts = (replies: readonly Reply[]) => replies.map(String);

describe("a store on Redis", () => {
  it("reads RedisJSON documents, and tells the size of those over the limit", async () => {
    const documents = new Map([
      ["small", '{"total":1.5,"id":7}'],
      ["long", '{"id":12345678901234567890}'],
      ["large", JSON.stringify("x".repeat(2_000))],
      ["huge", ""],
    ]);
    const { endpoint } = await fake(([name, ...args]) => {
      switch (name) {
        case "TYPE":
          return "ReJSON-RL";
        case "PTTL":
          return -1;
        case "MEMORY":
          return args[1] === "huge" ? 1_000_000 : 100;
        case "JSON.GET":
          return Buffer.from(documents.get(args[0] ?? "") ?? "");
        default:
          return null;
      }
    });
    const store = storeOn([endpoint]);
    const endOfTurn = (task: () => void) => void setImmediate(task);
    const values = new Values({ store, clock: systemClock, endOfTurn }, { bytes: 1_000 });
    const read = async (key: string) =>
      (await values.read(0, Buffer.from(key), { event: "json.set" })).value;
    expect(await read("small")).toEqual({ type: "json", data: { total: 1.5, id: 7 } });
    expect(await read("long")).toEqual({ type: "json", text: documents.get("long") });
    expect(await read("large")).toEqual({ type: "json", truncated: true, length: 2_002 });
    expect(await read("huge")).toEqual({ type: "json", truncated: true, length: 1_000_000 });
  });

  it("tells types that nobody knows by name and size", async () => {
    const { endpoint } = await fake(([name]) => (name === "TYPE" ? "TSDB-TYPE" : 4_242));
    const store = storeOn([endpoint]);
    const endOfTurn = (task: () => void) => void setImmediate(task);
    const values = new Values({ store, clock: systemClock, endOfTurn });
    const { value } = await values.read(0, Buffer.from("k"));
    expect(value).toEqual({ type: "TSDB-TYPE", truncated: true, length: 4_242 });
  });

  it("runs several commands as one transaction, one as itself", async () => {
    const { redis, endpoint } = await fake((words) => Buffer.from(words.join("-")));
    const store = storeOn([endpoint]);
    expect(texts(await ask(store, [["A", "1"], ["B"]]))).toEqual(["A-1", "B"]);
    expect(texts(await ask(store, [["C"]]))).toEqual(["C"]);
    expect(redis.received).toEqual(["A 1", "B", "C"]);
  });

  it("follows MOVED and ASK, a node without a name being the one that was asked", async () => {
    const second = await fake(([name]) => (name === "ASKING" ? "OK" : "there"));
    const { port } = second.endpoint;
    let error = `MOVED 7 127.0.0.1:${port}`;
    const first = await fake(() => new ReplyError(error));
    const store = storeOn([first.endpoint, second.endpoint]);
    expect(await ask(store, [["GET", "k"]])).toEqual(["there"]);
    error = `ASK 7 :${port}`;
    expect(await ask(store, [["GET", "k"]])).toEqual(["there"]);
    expect(second.redis.received).toEqual(["GET k", "ASKING", "GET k"]);
  });

  it("gives up on what does not pass in time, which is no refusal: a key is touched again later", async () => {
    const { endpoint } = await fake(() => new ReplyError("LOADING Redis is loading"));
    const store = storeOn([endpoint], { tls: false }, 150);
    const error = await ask(store, [["GET", "k"]]).catch((error: unknown) => error);
    expect(error).toMatchObject({ message: "LOADING Redis is loading" });
    expect(error).not.toBeInstanceOf(ReplyError);
  });

  it("says why a node turns it away that has as many clients as it takes", async () => {
    const full = createServer((socket) => socket.end("-ERR max number of clients reached\r\n"));
    full.listen(0, "127.0.0.1");
    await once(full, "listening");
    closing.push(() => void full.close());
    const { port } = full.address() as AddressInfo;
    const store = storeOn([{ host: "127.0.0.1", port }], { tls: false }, 150);
    await expect(ask(store, [["GET", "k"]])).rejects.toThrow("max number of clients reached");
  });

  it("asks again where a node says that it will pass, and hands on other refusals", async () => {
    const passing = ["LOADING Redis is loading", "TRYAGAIN slot", "CLUSTERDOWN", "BUSY script"];
    const { endpoint } = await fake(() => {
      const next = passing.shift();
      return next === undefined ? "done" : new ReplyError(next);
    });
    const store = storeOn([endpoint]);
    expect(await ask(store, [["GET", "k"]])).toEqual(["done"]);
    expect(passing).toEqual([]);
    const wrong = new ReplyError("WRONGTYPE of key");
    const { endpoint: refusing } = await fake(() => wrong);
    expect(await ask(storeOn([refusing]), [["GET", "k"]])).toEqual([wrong]);
  });

  it("two nodes that send each to the other are not followed for ever", async () => {
    let port = 0;
    const back = await fake(() => new ReplyError(`MOVED 7 127.0.0.1:${port}`));
    const { redis, endpoint } = await fake(
      () => new ReplyError(`MOVED 7 127.0.0.1:${back.endpoint.port}`),
    );
    port = endpoint.port;
    const store = storeOn([endpoint, back.endpoint], { tls: false }, 500);
    await expect(ask(store, [["GET", "k"]])).rejects.toThrow("MOVED");
    // A few at once, then a few more every now and then, until its time is over.
    expect(redis.received.length).toBeGreaterThan(3);
    expect(redis.received.length).toBeLessThan(50);
  });

  it("a connection that fails is made anew, and what was under way is asked again", async () => {
    let connections = 0;
    const { endpoint } = await fake(([name], client) => {
      if (name === "PING") connections++;
      if (name === "GET" && connections === 1) client.hangUp();
      if (name === "GET" && connections === 2) client.blurt("this is not RESP\r\n");
      return "answer";
    });
    expect(await ask(storeOn([endpoint]), [["GET", "k"]])).toEqual(["answer"]);
    expect(connections).toBe(3);
  });

  it("an answer that nobody asked for is no answer to the next one", async () => {
    let blurted = 0;
    const { endpoint } = await fake(([name], client) => {
      if (name === "FIRST" && blurted++ === 0) {
        client.blurt("+first\r\n+stray\r\n");
        return "twice";
      }
      return name?.toLowerCase() ?? "";
    });
    const store = storeOn([endpoint]);
    expect(await ask(store, [["FIRST"]])).toEqual(["first"]);
    expect(await ask(store, [["SECOND"]])).toEqual(["second"]);
  });

  it("gives its name and its password before it asks, and names a password that is refused", async () => {
    const words: string[] = [];
    const { endpoint } = await fake((command) => {
      words.push(command.join(" "));
      return command[0] === "AUTH" && command[2] !== "right"
        ? new ReplyError("WRONGPASS invalid username-password pair")
        : null;
    });
    const right = storeOn([endpoint], { tls: false, username: "me", password: "right" });
    await ask(right, [["GET", "k"]]);
    expect(words).toEqual([
      "AUTH me right",
      "CLIENT SETNAME keywire-values",
      "CLIENT NO-TOUCH ON",
      "PING",
      "GET k",
    ]);
    const wrong = storeOn([endpoint], { tls: false, username: "me", password: "wrong" });
    await expect(ask(wrong, [["GET", "k"]])).rejects.toThrow("WRONGPASS");
  });

  it("tells a database by SELECT, and nothing of another one where that fails", async () => {
    let selected = "0";
    const { redis, endpoint } = await fake(([name, db = ""]) => {
      if (name !== "SELECT") return `of ${selected}`;
      if (Number(db) > 3) return new ReplyError("ERR DB index is out of range");
      selected = db;
      return "OK";
    });
    const store = storeOn([endpoint]);
    const inDb = (db: number) =>
      ask(store, [["GET", "k"]], { db }).catch((error: Error) => error.message);
    const order = [0, 0, 2, 2, 9, 9, 2, 0, 9];
    const refused = "ERR DB index is out of range";
    expect(await Promise.all(order.map(inDb))).toEqual([
      ["of 0"],
      ["of 0"],
      ["of 2"],
      ["of 2"],
      refused,
      refused,
      ["of 2"],
      ["of 0"],
      refused,
    ]);
    expect(await inDb(0)).toEqual(["of 0"]);
    const selects = redis.received.filter((words) => words.startsWith("SELECT"));
    expect(selects).toEqual([
      "SELECT 2",
      "SELECT 9",
      "SELECT 2",
      "SELECT 0",
      "SELECT 9",
      "SELECT 0",
    ]);
  });

  it("does not owe more answers at a time than fit, and sends the rest as they come", async () => {
    const { redis, endpoint } = await fake(([name]) => name ?? "");
    const store = storeOn([endpoint]);
    const weight = 5 * 1_024 * 1_024;
    const asks = Array.from({ length: 50 }, (_, index) => ask(store, [[`A${index}`]], { weight }));
    expect((await Promise.all(asks)).map(([reply]) => reply)).toEqual(
      Array.from({ length: 50 }, (_, index) => `A${index}`),
    );
    // Three fit; more of them would be in one packet.
    expect(redis.packets).toBeGreaterThan(50 / 4);
  });

  it("fails what it is sent after it was closed", async () => {
    const { endpoint } = await fake(() => "x");
    const store = storeOn([endpoint]);
    await ask(store, [["GET", "k"]]);
    const looks = [store.layout("fresh"), store.layout("fresh")];
    store.close();
    await expect(ask(store, [["GET", "k"]])).rejects.toThrow("closing");
    for (const look of looks) await expect(look).rejects.toThrow("closing");
    await expect(store.layout("fresh")).rejects.toThrow("closing");
  });

  it("once the primaries are known to be others, asks no former one, and waits for none", async () => {
    // It takes what it is asked after the handshake, and stands still.
    const frozen = createServer((socket) => {
      socket.once("data", () => socket.write("+OK\r\n+OK\r\n+PONG\r\n"));
      socket.on("error", () => {});
    });
    frozen.listen(0, "127.0.0.1");
    await once(frozen, "listening");
    closing.push(() => void frozen.close());
    const { port } = frozen.address() as AddressInfo;
    const { redis: former, endpoint } = await fake(() => "of the former one");
    const { endpoint: heir } = await fake(() => "of the new one");
    let primary: Endpoint = { host: "127.0.0.1", port };
    const looks: (() => void)[] = [];
    const locate = async (): Promise<Whereabouts> => {
      const found = primary;
      if (found === heir) await new Promise<void>((looked) => looks.push(looked));
      const primaries = new Map([[`at ${found.port}`, found]]);
      const ownerOf = () => `at ${found.port}`;
      return { primaries, ownerOf, signature: String(found.port), migrations: [] };
    };
    const rest = { sharded: false, slotOf: () => 0, clock: systemClock, timeout: 10_000 };
    const store = new RedisStore({ credentials: { tls: false }, locate, ...rest });
    closing.push(() => store.close());
    await store.layout("fresh");
    const owed = ask(store, [["GET", "k"]]);
    primary = endpoint;
    store.refresh();
    // Sooner than the silence of the one that stands still would be noticed.
    expect(await Promise.race([owed, pause(1_500, "late")])).toEqual(["of the former one"]);
    primary = heir;
    store.refresh();
    const asked = ask(store, [["GET", "k"]]);
    const known = store.layout("known");
    while (looks.length === 0) await pause(1);
    for (const looked of looks) looked();
    expect(await asked).toEqual(["of the new one"]);
    expect([...(await known).primaries]).toEqual([`at ${heir.port}`]);
    expect(former.received).toEqual(["GET k"]);
  });

  it("a node that sends it to no port is not followed", async () => {
    const error = new ReplyError("MOVED 7 127.0.0.1:99999");
    const { endpoint } = await fake(() => error);
    expect(await ask(storeOn([endpoint]), [["GET", "k"]])).toEqual([error]);
  });
});
