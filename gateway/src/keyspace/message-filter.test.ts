import fc from "fast-check";
import { expect, it } from "vitest";
import { MessageFilter } from "./message-filter.js";

/** What a filter tells of a stream that comes in these pieces. */
function told(pieces: readonly Buffer[]): string[] {
  const all: string[] = [];
  let announced: readonly string[] = [];
  let arrivals = 0;
  const text = (...parts: readonly (Buffer | string)[]) => {
    const [kind, channel] = parts;
    const [next, ...others] = announced;
    // What was announced is told next, and nothing else before it.
    if (next !== undefined) expect([kind, channel]).toEqual(["message", next]);
    announced = others;
    all.push(parts.map((part) => part.toString("latin1")).join(" "));
  };
  const filter = new MessageFilter<string>({
    arrived: () => {
      arrivals += 1;
    },
    find: (data, spans, count) =>
      Array.from({ length: count }, (_, index) =>
        data.toString("latin1", spans[2 * index], spans[2 * index + 1]),
      ),
    findPattern: (data, from, to) => data.toString("latin1", from, to),
    upcoming: (channels) => {
      expect(announced).toEqual([]);
      expect(channels.length).toBeGreaterThan(1);
      announced = channels.map((known = "") => known);
    },
    message: (known = "", data, channel, payload) => {
      expect(data.toString("latin1", channel.from, channel.to)).toBe(known);
      text("message", known, data.subarray(payload.from, payload.to));
    },
    pmessage: (pattern = "", channel, payload) => text("pmessage", pattern, channel, payload),
    rest: (bytes) => text("rest", bytes),
  });
  for (const piece of pieces) filter.write(piece);
  expect(announced).toEqual([]);
  expect(arrivals).toBe(pieces.length);
  return all;
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const array = (...items: readonly string[]) => `*${items.length}\r\n${items.join("")}`;
const message = (channel: string, payload: string) =>
  array(bulk("message"), bulk(channel), bulk(payload));
const pmessage = (pattern: string, channel: string, payload: string) =>
  array(bulk("pmessage"), bulk(pattern), bulk(channel), bulk(payload));
const stream = (...replies: readonly string[]) => Buffer.from(replies.join(""), "latin1");

it("tells messages, and what stands between them at its place", () => {
  const ack = array(bulk("subscribe"), bulk("a"), ":1\r\n");
  const pong = array(bulk("pong"), bulk(""));
  const bytes = stream(ack, pong, message("a", "set"), "+OK\r\n", pmessage("p*", "px", "del"));
  expect(told([bytes])).toEqual([
    `rest ${ack}${pong}`,
    "message a set",
    "rest +OK\r\n",
    "pmessage p* px del",
  ]);
});

it.each([
  [
    "an invalidation of everything",
    "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*-1\r\n",
  ],
  ["one of some keys", array(bulk("message"), bulk("__redis__:invalidate"), array(bulk("k")))],
  ["a message of nothing", "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n"],
  ["an error", "-ERR no\r\n"],
  ["what looks like a message inside of something", array(message("a", "b"), message("c", "d"))],
  ["a type that nobody knows", "%1\r\n+a\r\n+b\r\n"],
])("%s is left to ioredis", (_, reply) => {
  expect(told([stream(reply)]).join("")).toBe(`rest ${reply}`);
});

it("announces messages that stand one behind the other, some of them at a time", () => {
  const announced: number[] = [];
  let told = 0;
  const filter = new MessageFilter({
    arrived: () => {},
    find: (_data, _spans, count) => Array<undefined>(count).fill(undefined),
    findPattern: () => undefined,
    upcoming: (channels) => announced.push(channels.length),
    message: () => {
      told += 1;
    },
    pmessage: () => {},
    rest: () => {},
  });
  const run = Array.from({ length: 150 }, (_, at) => message(`a:${at}`, "set"));
  filter.write(stream(...run, "+OK\r\n", message("b", "set"), pmessage("p*", "px", "del")));
  expect([announced, told]).toEqual([[64, 64, 22], 151]);
});

const texts = fc.string({ unit: "binary-ascii", maxLength: 12 });
const reply: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(texts, texts).map(([channel, payload]) => message(channel, payload)),
  fc.tuple(texts, texts, texts).map(([pattern, channel, text]) => pmessage(pattern, channel, text)),
  fc.constantFrom("+OK\r\n", ":12\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "-ERR x\r\n"),
  fc.array(texts, { maxLength: 3 }).map((items) => array(...items.map(bulk))),
);

it("tells the same wherever the stream is cut", () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 12 }), cuts, (replies, places) => {
      const whole = stream(...replies);
      const at = [0, ...places.filter((place) => place < whole.length), whole.length];
      at.sort((a, b) => a - b);
      const pieces = at.slice(1).map((end, index) => whole.subarray(at[index], end));
      expect(joined(told(pieces))).toEqual(joined(told([whole])));
    }),
  );
});

/** What ioredis is given may come in more pieces. */
function joined(all: readonly string[]): string[] {
  const result: string[] = [];
  for (const text of all) {
    const last = result.at(-1);
    if (!text.startsWith("rest ") || !last?.startsWith("rest ")) result.push(text);
    else result[result.length - 1] = last + text.slice("rest ".length);
  }
  return result;
}
