import { parseChannel } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { ownFeed } from "./feed.js";
import type { ParsedNotification } from "./grammar.js";
import { encodeBegin, encodeEnd, encodeFence, parseMark } from "./marks.js";
import { Need } from "./need.js";
import { NodeStream } from "./stream.js";

const [keyA, keyB] = ["key:ab", "key:b"].map((name) => ownFeed(new Need(parseChannel(name))));
const [a, b] = ["prefix:a", "pattern:*b"].map((name) => ownFeed(new Need(parseChannel(name))));
if (a === undefined || b === undefined) throw new Error("no feeds");

const parsed = (key: string, event = "set"): ParsedNotification => ({
  family: "keyspace",
  db: 0,
  key: Buffer.from(key),
  latin1: key,
  isPlain: true,
  event,
});

function setup(isCluster = false) {
  const stream = new NodeStream("N", isCluster);
  stream.begin();
  const mark = (text: string) => {
    const read = parseMark(Buffer.from(text));
    return read && stream.mark(read);
  };
  const read = (key: string, feed = a, event = "set") =>
    stream.read(feed as NonNullable<typeof a>, parsed(key, event), 1).notification;
  return { stream, mark, read };
}

describe("NodeStream", () => {
  it("says whose doing an event is, between the marks alone", () => {
    const { mark, read } = setup();
    expect(read("ab").origin).toBeUndefined();
    mark(encodeBegin(undefined, "trigger:l.t"));
    expect(read("ab").origin).toBe("trigger:l.t");
    expect(read("ac").origin).toBe("trigger:l.t");
    mark(encodeEnd(undefined));
    expect(read("ab").origin).toBeUndefined();
  });

  it("heeds in a cluster the marks of its own node alone", () => {
    const { mark, read } = setup(true);
    for (const node of ["M", undefined]) {
      mark(encodeBegin(node, "trigger:l.t"));
      expect(mark(encodeFence(node, "f"))).toBeUndefined();
      expect(read("ab").origin).toBeUndefined();
      expect(read("ab").after).toMatch(/^link-/);
    }
    mark(encodeBegin("N", "trigger:l.t"));
    mark(encodeEnd("M"));
    expect(read("ab").origin).toBe("trigger:l.t");
    mark(encodeEnd("N"));
    expect(read("ab").origin).toBeUndefined();
  });

  it("takes no begin for longer than a transaction can last", () => {
    const { stream, mark, read } = setup();
    mark(encodeBegin(undefined, "trigger:l.t"));
    stream.calm();
    expect(read("ab").origin).toBeUndefined();
    mark(encodeBegin(undefined, "trigger:l.t"));
    mark(encodeFence(undefined, "f"));
    expect(read("ab").origin).toBeUndefined();
  });

  it("names the last fence, and on a new link one that no other has", () => {
    const { stream, mark, read } = setup();
    const links = [read("ab").after];
    expect(mark(encodeFence(undefined, "f1", "a note"))).toMatchObject({
      id: "f1",
      note: "a note",
    });
    expect(read("ab").after).toBe("f1");
    mark(encodeBegin(undefined, "trigger:l.t"));
    links.push(stream.begin());
    expect(read("ab")).toMatchObject({ after: links[1], origin: undefined });
    expect(new Set([...links, undefined, "f1"]).size).toBe(4);
  });

  it("takes the messages of one event on several feeds for one, and the next event for another", () => {
    const { stream, mark, read } = setup();
    const first = read("ab", a);
    expect(read("ab", b)).toBe(first);
    const second = read("ab", a);
    expect(second).not.toBe(first);
    expect(read("ab", b)).toBe(second);
    expect(read("ab", a, "append")).not.toBe(second);
    expect(read("ab", b, "set")).not.toBe(second);

    const before = read("ab", a);
    mark(encodeBegin(undefined, "trigger:l.t"));
    expect(read("ab", b)).not.toBe(before);
    const last = read("ac", a);
    stream.cut();
    expect(read("ac", b)).not.toBe(last);
  });

  it("takes what comes on two keys' feeds for two events, and on a broader one as well for one", () => {
    const { read } = setup();
    const first = read("ab", keyA);
    expect(read("ab", a)).toBe(first);
    expect(read("ab", b)).toBe(first);
    expect(read("b", keyB)).not.toBe(first);
    expect(read("b", keyB)).not.toBe(read("b", keyB));
    const again = read("ab", a);
    expect(read("ab", keyA)).toBe(again);
    expect(read("ab", a)).not.toBe(again);
  });
});
