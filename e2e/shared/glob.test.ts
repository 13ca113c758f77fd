import { Glob, utf8Encode } from "@keywire/shared";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StandaloneRedis, startRedis } from "../support/index.js";

/** Behind this the empty key is one too: `KEYS **` alone does not find it. */
const LEAD = "k";
const PATTERNS = 3_000;
const KEYS = 2_000;
const SEED = 20_260;

let server: StandaloneRedis;
/** What stands behind the lead, of keys that the server holds. */
let keys: Buffer[];

const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("*", "?", "[", "]", "^", "-", "\\") },
  { weight: 3, arbitrary: fc.constantFrom("a", "b", "c", "A", "0") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "[ab]",
      "[^a]",
      "[a-c]",
      "[c-a]",
      "[a-]",
      "[^]",
      "[]",
      "\\*",
      "[\\]",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("\0", "\n", "\x7f", "~") },
);
const ascii = fc
  .array(piece, { maxLength: 9, size: "max" })
  .map((parts) => Buffer.from(parts.join("")));
/** Bytes over 127 in patterns and keys, and in ranges, which Redis reads as a signed char. */
const bytes = fc
  .array(fc.constantFrom(0x2a, 0x3f, 0x5b, 0x5d, 0x5e, 0x2d, 0x5c, 0x61, 0x62, 0x80, 0xc3, 0xff), {
    maxLength: 9,
    size: "max",
  })
  .map((each) => Buffer.from(each));
/** Ranges from ASCII to what is none: on CPUs whose `char` is unsigned the server reads them otherwise. */
const MIXED = [
  [0x61, 0xc3],
  [0xc3, 0x61],
  [0x80, 0x2d],
].map(([one = 0, other = 0]) => Buffer.of(0x5b, one, 0x2d, other, 0x5d, 0x2a));
const isComparable = (pattern: Uint8Array) =>
  process.arch !== "arm64" || Glob.parse(pattern).program.isPortable;
const anyBytes = fc.oneof({ weight: 3, arbitrary: ascii }, { weight: 2, arbitrary: bytes });

beforeAll(async () => {
  server = await startRedis();
  const sample = fc.sample(anyBytes, { numRuns: KEYS, seed: SEED });
  keys = [...new Map(sample.map((key) => [key.toString("latin1"), key])).values()];
  await server.client.mset(...keys.flatMap((key) => [led(key), "1"]));
});
afterAll(() => server?.stop());

function led(rest: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(LEAD), rest]);
}

/** What the server's own matcher finds. */
async function found(patterns: readonly Uint8Array[]): Promise<string[][]> {
  const pipeline = server.client.pipeline();
  for (const pattern of patterns) pipeline.callBuffer("KEYS", led(pattern));
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, list]) => {
    if (error !== null) throw error;
    return (list as Buffer[]).map((key) => key.subarray(1).toString("latin1")).sort();
  });
}

const matched = (pattern: Uint8Array) => {
  const glob = Glob.parse(pattern);
  return keys
    .filter((key) => glob.matches(key))
    .map((key) => key.toString("latin1"))
    .sort();
};

describe("Glob and the server's own matcher", () => {
  it("agree on thousands of patterns, each on thousands of keys", async () => {
    const sample = fc.sample(anyBytes, { numRuns: PATTERNS, seed: SEED + 1 });
    const patterns = [...sample, ...MIXED].filter(isComparable);
    const servers = await found(patterns);
    const total = servers.reduce((sum, list) => sum + list.length, 0);
    // Neither all nor nothing, or the comparison would mean little.
    expect(total).toBeGreaterThan(PATTERNS * 10);
    const wrong = patterns.flatMap((pattern, index) => {
      const ours = matched(pattern);
      const theirs = servers[index] ?? [];
      const differ = ours.length !== theirs.length || ours.some((key, at) => key !== theirs[at]);
      return differ ? [{ pattern: pattern.toString("latin1"), ours, theirs }] : [];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  it.each([
    "*",
    "**",
    "",
    "?",
    "[",
    "[^",
    "[]",
    "[^]",
    "\\",
    "[a",
    "[a\\",
    "[a-",
    "[a-]",
    "[a-]b]",
    "[--a]",
    "[\\a-c]",
    "[a\\-c]",
    "[]a]",
    "[^]a]",
    "[z-a]",
    "[a-\\]",
    "a\\",
    "*\\",
    "*[",
    "[[]",
    "[\\]]",
  ])("agree on %j", async (text) => {
    const [theirs] = await found([utf8Encode(text)]);
    expect(matched(utf8Encode(text))).toEqual(theirs);
  });

  it("agree on what a pattern of a subscription hears, the empty key's too", async () => {
    const subscriber = server.client.duplicate();
    const heard: string[] = [];
    subscriber.on("pmessage", (pattern: string, channel: string) => {
      if (channel === "end") return;
      heard.push(
        `${pattern.slice(LEAD.length)} hears ${JSON.stringify(channel.slice(LEAD.length))}`,
      );
    });
    const patterns = ["*", "**", "?*", "[^a]*", "a*", "[", "\\"];
    const inputs = ["", "a", "b", "\\", "["];
    await subscriber.psubscribe(...patterns.map((pattern) => LEAD + pattern), "end");
    for (const input of inputs) await server.client.publish(LEAD + input, "");
    const ended = new Promise<void>((resolve) => {
      subscriber.on("pmessage", (_, channel: string) => channel === "end" && resolve());
    });
    await server.client.publish("end", "");
    await ended;
    subscriber.disconnect();
    const expected = patterns.flatMap((pattern) => {
      const glob = Glob.parse(utf8Encode(pattern));
      const matching = inputs.filter((input) => glob.matches(utf8Encode(input)));
      return matching.map((input) => `${pattern} hears ${JSON.stringify(input)}`);
    });
    expect(heard.sort()).toEqual(expected.sort());
  });
});
