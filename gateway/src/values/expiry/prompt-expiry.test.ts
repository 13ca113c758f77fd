import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { latin1 } from "../key-id.js";
import { type Ask, ReplyError } from "../ports.js";
import { SimStore } from "../testing/sim-store.js";
import { PromptExpiry, type PromptExpirySettings } from "./prompt-expiry.js";

function bench(settings: Partial<PromptExpirySettings> = {}) {
  const clock = new VirtualClock();
  const begun = clock.now();
  const store = new SimStore(() => clock.now());
  const expiry = new PromptExpiry({ store, clock }, settings);
  /** What was asked, and how many ms after the beginning. */
  const asked: string[] = [];
  const send = store.send.bind(store);
  store.send = (asks) => {
    for (const ask of asks) asked.push(`${clock.now() - begun} ${show(ask)}`);
    send(asks);
    store.answerAll();
  };
  const put = (name: string, ttl: number) =>
    store.keys.set(name, { text: "x", expires: clock.now() + ttl });
  return { clock, store, expiry, asked, put };
}

function show({ commands }: Ask): string {
  return commands.map((words) => words.map((word) => latin1(Buffer.from(word))).join(" ")).join();
}

const key = (name: string) => Buffer.from(name);

describe("prompt expiry", () => {
  it("touches a key when it is due, once, with a command that misses nothing", async () => {
    const { clock, store, expiry, asked, put } = bench();
    put("k", 100);
    expiry.watch(0, key("k"), 100);
    await clock.advance(100);
    expect(asked).toEqual([]);
    await clock.advance(10_000);
    expect(asked).toEqual(["101 OBJECT ENCODING k"]);
    expect(store.keys.size).toBe(0);
    expect(expiry.status()).toMatchObject({ watched: 0, touched: 1, extended: 0, failed: 0 });
    expect(clock.pending).toBe(0);
  });

  it("follows what it is told: later, sooner, for good, gone", async () => {
    const { clock, expiry, asked, put } = bench();
    for (const name of ["later", "sooner", "forever", "gone"]) {
      put(name, 10);
      expiry.watch(0, key(name), 100);
    }
    expiry.watch(0, key("later"), 300);
    expiry.watch(0, key("sooner"), 50);
    expiry.watch(0, key("forever"), undefined);
    expiry.forget(0, key("gone"));
    await clock.advance(1_000);
    expect(asked).toEqual(["51 OBJECT ENCODING sooner", "301 OBJECT ENCODING later"]);
  });

  it("asks a key that is still there how long it has, and touches it then", async () => {
    const { clock, expiry, asked, put } = bench();
    put("k", 1_000);
    expiry.watch(0, key("k"), 100);
    await clock.advance(5_000);
    expect(asked).toEqual(["101 OBJECT ENCODING k", "101 PTTL k", "1001 OBJECT ENCODING k"]);
    expect(expiry.status()).toMatchObject({ watched: 0, touched: 2, extended: 1 });
  });

  it("leaves a key alone that was made to live for good without a word", async () => {
    const { clock, store, expiry, asked } = bench();
    store.keys.set("k", { text: "x" });
    expiry.watch(0, key("k"), 100);
    await clock.advance(100_000);
    expect(asked).toEqual(["101 OBJECT ENCODING k", "101 PTTL k"]);
    expect(clock.pending).toBe(0);
  });

  it("sends no more at a time, and no more often, than it may", async () => {
    const { clock, store, expiry, asked, put } = bench({ batch: 3, tick: 20 });
    for (let index = 0; index < 10; index++) {
      put(`k${index}`, 100);
      expiry.watch(0, key(`k${index}`), 100 + (index % 2));
    }
    await clock.advance(1_000);
    expect(store.writes.filter((size) => size > 0)).toEqual([3, 3, 3, 1]);
    expect([...new Set(asked.map((line) => line.split(" ")[0]))]).toEqual([
      "101",
      "121",
      "141",
      "161",
    ]);
  });

  it("watches a bounded number of keys, and counts those that it leaves to Redis", async () => {
    const { clock, expiry, asked, put } = bench({ keys: 2 });
    for (const name of ["a", "b", "c"]) {
      put(name, 100);
      expiry.watch(0, key(name), 100);
    }
    expect(expiry.status()).toMatchObject({ watched: 2, dropped: 1 });
    await clock.advance(1_000);
    expect(asked.sort()).toEqual(["101 OBJECT ENCODING b", "101 OBJECT ENCODING c"]);
  });

  it("tries again where a node cannot be asked, and does not where it refuses", async () => {
    const { clock, store, expiry, asked, put } = bench();
    put("k", 100);
    const answer = store.answerAll.bind(store);
    const errors: Error[] = [new Error("down"), new Error("down")];
    store.answerAll = () => {
      const error = errors.shift();
      for (const pending of [...store.pending]) {
        if (error === undefined) answer();
        else store.fail(pending, error);
      }
    };
    expiry.watch(0, key("k"), 100);
    await clock.advance(5_000);
    expect(asked.map((line) => Number(line.split(" ")[0]))).toEqual([101, 1_101, 2_101]);
    expect(expiry.status()).toMatchObject({ watched: 0, failed: 2 });
    errors.push(new ReplyError("NOPERM no object|encoding for you"));
    expiry.watch(0, key("k"), 100);
    await clock.advance(5_000);
    expect(asked).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  it("does nothing where it is off, and nothing after it was closed", async () => {
    const off = bench({ mode: "off" });
    off.expiry.watch(0, key("k"), 100);
    await off.clock.advance(1_000);
    const closed = bench();
    closed.expiry.watch(0, key("k"), 100);
    closed.expiry.close();
    closed.expiry.watch(0, key("l"), 100);
    await closed.clock.advance(1_000);
    expect([...off.asked, ...closed.asked]).toEqual([]);
    expect(off.clock.pending + closed.clock.pending).toBe(0);
  });

  it("sleeps through times that are longer than a timer takes", async () => {
    const { clock, expiry, asked, put } = bench();
    const month = 31 * 24 * 3_600_000;
    put("k", month);
    expiry.watch(0, key("k"), month);
    await clock.advance(month - 1);
    expect(asked).toEqual([]);
    await clock.advance(2);
    expect(asked).toEqual([`${month + 1} OBJECT ENCODING k`]);
  });

  it("keeps the bytes of a key, not the buffer that they came in", async () => {
    const { clock, expiry, asked, put } = bench();
    const chunk = Buffer.from("..k..");
    put("k", 100);
    expiry.watch(0, chunk.subarray(2, 3), 100);
    chunk.fill("!");
    await clock.advance(1_000);
    expect(asked).toEqual(["101 OBJECT ENCODING k"]);
  });
});
