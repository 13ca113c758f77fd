import { describe, expect, it } from "vitest";
import { type Command, type Reply, ReplyError } from "../ports.js";
import { guessFromEvent } from "./guess.js";
import { KeyReading } from "./key-reading.js";

const LIMITS = { bytes: 100, elements: 3 };
const KEY = Buffer.from("k");
const WRONGTYPE = new ReplyError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);

const reading = (event?: string) =>
  new KeyReading(KEY, event === undefined ? undefined : guessFromEvent(event), LIMITS);
const names = (commands: readonly Command[]) => commands.map(([name]) => String(name));
const bulk = (text: string) => Buffer.from(text);

describe("a key is read", () => {
  it("in one trip as a string, two as a collection, where the event gives the type away", () => {
    const string = reading("set");
    expect(names(string.commands())).toEqual(["TYPE", "PTTL", "STRLEN", "GETRANGE"]);
    expect(string.accept(["string", 5, 1, bulk("x")])?.state).toEqual({
      value: { type: "string", data: "x" },
      ttl: 5,
    });
    const list = reading("rpush");
    expect(names(list.commands())).toEqual(["TYPE", "PTTL", "LLEN", "MEMORY"]);
    expect(list.accept(["list", -1, 1, 80])).toBeUndefined();
    expect(names(list.commands())).toEqual(["TYPE", "PTTL", "LLEN", "LRANGE"]);
    expect(list.accept(["list", -1, 1, [bulk("x")]])?.state).toEqual({
      value: { type: "list", data: ["x"] },
    });
  });

  it("by its type where nothing gives it away, and by its absence where it should be gone", () => {
    const unknown = reading("expire");
    expect(names(unknown.commands())).toEqual(["TYPE"]);
    expect(unknown.accept(["stream"])).toBeUndefined();
    expect(names(unknown.commands())).toEqual(["TYPE", "PTTL", "XLEN", "XREVRANGE"]);
    const gone = reading("expired");
    expect(names(gone.commands())).toEqual(["OBJECT"]);
    expect(gone.accept([null])?.state).toEqual({ value: null });
    const back = reading("del");
    expect(back.accept([bulk("embstr")])).toBeUndefined();
    expect(names(back.commands())).toEqual(["TYPE", "PTTL", "STRLEN", "GETRANGE"]);
    const ambiguous = reading("del");
    expect(ambiguous.accept([bulk("listpack")])).toBeUndefined();
    expect(names(ambiguous.commands())).toEqual(["TYPE"]);
  });

  it("again, as what it is, where the guess or the last trip was wrong", () => {
    const wrong = reading("set");
    expect(wrong.accept(["hash", -1, WRONGTYPE, WRONGTYPE])).toBeUndefined();
    expect(names(wrong.commands())).toEqual(["TYPE", "PTTL", "HLEN", "MEMORY"]);
    expect(wrong.accept(["hash", -1, 1, 80])).toBeUndefined();
    expect(wrong.accept(["zset", -1, WRONGTYPE, WRONGTYPE])).toBeUndefined();
    expect(names(wrong.commands())).toEqual(["TYPE", "PTTL", "ZCARD", "MEMORY"]);
    expect(wrong.accept(["none", -2, 0, null])?.state).toEqual({ value: null });
  });

  it("not for ever where its type changes under every look", () => {
    const flapping = reading("set");
    const types = ["hash", "zset", "list", "set", "hash", "zset", "list"];
    for (const type of types) {
      expect(flapping.accept([type, -1, WRONGTYPE, WRONGTYPE])).toBeUndefined();
    }
    expect(() => flapping.accept(["set", -1, WRONGTYPE, WRONGTYPE])).toThrow(/again and again/);
  });

  it("is truncated where it grew between the measuring and the fetching", () => {
    const grown = reading("rpush");
    grown.accept(["list", -1, 2, 80]);
    const four = ["a", "b", "c"].map(bulk);
    expect(grown.accept(["list", -1, 4, four])?.state.value).toEqual({
      type: "list",
      truncated: true,
      length: 4,
    });
    const fatter = reading("hset");
    fatter.accept(["hash", -1, 1, 80]);
    const fields = [bulk("f"), bulk("x".repeat(100))];
    expect(fatter.accept(["hash", -1, 1, fields])?.state.value).toEqual({
      type: "hash",
      truncated: true,
      length: 1,
    });
  });

  it("scores of a sorted set do not count as bytes", () => {
    const zset = reading("zadd");
    zset.accept(["zset", -1, 1, 80]);
    const answer: Reply = [bulk("x".repeat(100)), bulk("1.5")];
    expect(zset.accept(["zset", -1, 1, answer])?.state.value).toEqual({
      type: "zset",
      data: [["x".repeat(100), 1.5]],
    });
  });

  it("not where Redis refuses: that is told in its words", () => {
    const noperm = new ReplyError("NOPERM this user has no permissions to run the 'type' command");
    expect(() => reading("expire").accept([noperm])).toThrow(/NOPERM.*'type'/);
    const later = reading("set");
    expect(() => later.accept(["string", 1, noperm, bulk("")])).toThrow(/NOPERM/);
    expect(() => reading("set").accept(["string", 1, 3, null])).toThrow(
      /where a string was expected/,
    );
  });
});

describe("an event", () => {
  it.each([
    ["set", { type: "string" }],
    ["incrbyfloat", { type: "string" }],
    ["hincrby", { type: "hash" }],
    ["zremrangebyscore", { type: "zset" }],
    ["xgroup-create", { type: "stream" }],
    ["json.arrappend", { type: "ReJSON-RL" }],
    ["evicted", "gone"],
    ["keymiss", "gone"],
    ["expire", undefined],
    ["rename_to", undefined],
    ["constructor", undefined],
  ] as const)("%s lets expect %j", (event, guess) => {
    expect(guessFromEvent(event)).toEqual(guess);
  });
});
