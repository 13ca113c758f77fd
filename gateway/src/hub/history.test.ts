import fc from "fast-check";
import { expect, it } from "vitest";
import type { Entry } from "./batch.js";
import { Blocks } from "./blocks.js";
import type { EventTail } from "./event-text.js";
import { History, type HistoryBounds } from "./history.js";
import type { Kept, KeyForm } from "./record.js";
import { Retention } from "./retention.js";
import { utf8Length } from "./utf8.js";

const TTL = 60_000;
const TYPES = ["event", "gap", "snapshot"] as const;

function boundsOf(size: number, bytes: number): HistoryBounds {
  const retention = new Retention(1_000_000, TTL, 0);
  return {
    historySize: size,
    historyBytes: bytes,
    historyTtl: TTL,
    retention,
    blocks: new Blocks(),
  };
}

/** What a history has to be like, kept the plain way. */
class Model {
  readonly #bounds: HistoryBounds;
  kept: Kept[] = [];
  droppedTo = 0;

  constructor(bounds: HistoryBounds) {
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  push(message: Kept): void {
    this.kept.push(message);
    const { historySize, historyBytes } = this.#bounds;
    while (this.kept.length > historySize || this.bytes > historyBytes) this.#dropOldest();
  }

  drop(moment: number, now = Number.POSITIVE_INFINITY): void {
    const isOld = ({ to }: Kept) => to <= moment || to > now;
    while (this.kept[0] !== undefined && isOld(this.kept[0])) this.#dropOldest();
  }

  #dropOldest(): void {
    this.droppedTo = Math.max(this.droppedTo, this.kept.shift()?.to ?? 0);
  }
}

/** One that is kept as it is. */
function whole(text: string): EventTail {
  return { text, bytes: utf8Length(text), event: 0, key: { text: "", bytes: 0 } };
}

/** Has a message of so many bytes kept. */
function push(history: History, bytes: number, at: number): void {
  const text = "t".repeat(bytes);
  history.push({ type: "event", offset: 1, text, bytes, from: at, to: at }, whole(text));
}

const texts = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0, max: 300_000 }).map((length) => "v".repeat(length)),
  },
);
/** Of events that say no more than a name, a key and a time. */
const shorts = fc.record({
  event: fc.integer({ min: 1, max: 255 }),
  key: fc.oneof(
    { weight: 9, arbitrary: fc.string({ unit: "binary", maxLength: 30 }).map((key) => `"${key}"`) },
    { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536).map((length) => "k".repeat(length)) },
  ),
});
const moments = fc.integer({ min: 0, max: 200_000 });
const steps = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ tail: texts, type: fc.constantFrom(...TYPES), at: moments }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ short: shorts, at: moments, took: fc.constantFrom(0, 0, 0, 5) }),
  },
  { weight: 1, arbitrary: fc.record({ prune: moments }) },
  { weight: 1, arbitrary: fc.record({ drop: moments, now: moments }) },
  { weight: 1, arbitrary: fc.constant({ clear: true as const }) },
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

function apply(history: History, model: Model, keys: KeyForm, step: Step): void {
  if ("tail" in step) {
    const { tail, type, at } = step;
    const message = { type, bytes: utf8Length(tail) + 50, from: at - 0.5, to: at };
    const entry: Entry = { ...message, offset: 1, text: tail };
    history.push(entry, whole(tail));
    model.push({ ...message, tail });
  } else if ("short" in step) {
    const { short, at, took } = step;
    const { event, key: text } = short;
    const tail = { ...whole(`,"key":${text}}`), event, key: { text, bytes: utf8Length(text) } };
    const message = { type: "event", bytes: tail.bytes + 50, from: at - took, to: at } as const;
    history.push({ ...message, offset: 1, text: tail.text }, tail);
    const isShort = keys !== "any" && took === 0 && tail.key.bytes < 65_536;
    const key = keys === "own" ? undefined : text;
    model.push({ ...message, tail: isShort ? { event, key } : tail.text });
  } else if ("prune" in step) {
    history.prune(step.prune);
    model.drop(step.prune - TTL);
  } else if ("drop" in step) {
    const before = model.kept.length;
    const dropped = history.dropTo(step.drop, step.now);
    model.drop(step.drop, step.now);
    expect(dropped).toBe(before - model.kept.length);
  } else {
    history.clear();
    model.drop(Number.POSITIVE_INFINITY);
  }
}

it("keeps what a list would keep, beside others in the same memory", () => {
  const sizes = fc.constantFrom(0, 1, 3, 20, 1_000);
  const bytes = fc.constantFrom(0, 60, 1_000, 500_000);
  const forms = ["own", "listed", "any"] as const;
  const scripts = fc.array(fc.tuple(fc.nat(2), steps), { maxLength: 120 });
  fc.assert(
    fc.property(sizes, bytes, scripts, (historySize, historyBytes, script) => {
      const bounds = boundsOf(historySize, historyBytes);
      const pairs = forms.map((keys) => {
        return { keys, history: new History(bounds, keys), model: new Model(bounds) };
      });
      for (const [which, step] of script) {
        const pair = pairs[which];
        if (pair !== undefined) apply(pair.history, pair.model, pair.keys, step);
        for (const { history, model } of pairs) {
          expect(history).toMatchObject({
            size: model.kept.length,
            bytes: model.bytes,
            droppedTo: model.droppedTo,
          });
        }
      }
      for (const { history, model } of pairs) {
        expect(history.newest(Number.POSITIVE_INFINITY)).toEqual(model.kept);
        expect(history.newest(2)).toEqual(model.kept.slice(-2));
        history.clear();
      }
      expect([bounds.retention.bytes, bounds.blocks.bytes]).toEqual([0, 0]);
    }),
  );
});

it("takes as much memory as is counted", () => {
  const bounds = boundsOf(300, 1_000_000);
  const random = fc.sample(fc.integer({ min: 40, max: 400 }), { numRuns: 20_000, seed: 7 });
  const histories = Array.from({ length: 500 }, () => new History(bounds, "own"));
  for (const [at, bytes] of random.entries()) {
    // Some channels are told ten times as much as others.
    const history = histories[(at * at) % histories.length];
    if (history !== undefined) push(history, bytes, at);
  }
  const ratio = () => bounds.blocks.bytes / bounds.retention.bytes;
  expect(ratio()).toBeGreaterThan(0.8);
  expect(ratio()).toBeLessThan(1.2);
  for (const history of histories) history.dropTo(17_000);
  expect(ratio()).toBeGreaterThan(0.8);
  expect(ratio()).toBeLessThan(1.2);
});

it("takes as much memory as is counted where records are short", () => {
  const bounds = boundsOf(300, 1_000_000);
  const key = { text: '"k"', bytes: 3 };
  for (let count = 2; count <= 300; count++) {
    const history = new History(bounds, "own");
    for (let at = 1; at <= count; at++) {
      const entry: Entry = { type: "event", offset: at, text: "", bytes: 90, from: at, to: at };
      history.push(entry, { text: "", bytes: 50, event: 1, key });
    }
  }
  const ratio = bounds.blocks.bytes / bounds.retention.bytes;
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.2);
});

it("holds no memory for what went to make room, however much that was", () => {
  const bounds = boundsOf(300, 1_000_000);
  const history = new History(bounds, "own");
  push(history, 900_000, 1);
  push(history, 200_000, 1);
  expect(bounds.blocks.bytes).toBeLessThan(2 * 200_000);
  push(history, 1_000_001, 1);
  expect([history.size, bounds.blocks.bytes]).toEqual([0, 0]);
});

it("takes no new memory where most messages are gone, though a few are left everywhere", () => {
  const memory = new Set<ArrayBufferLike>();
  class Watched extends Blocks {
    override take(size: number) {
      const taken = super.take(size);
      memory.add(taken.region.memory);
      return taken;
    }
  }
  const bounds = { ...boundsOf(300, 1_000_000), blocks: new Watched() };
  const filled = (count: number, bytes: number, dateOf: (at: number) => number) =>
    Array.from({ length: count }, (_, at) => {
      const history = new History(bounds, "own");
      push(history, bytes, dateOf(at));
      return history;
    });
  const small = filled(20_000, 100, (at) => (at % 100 === 0 ? 2 : 1));
  const taken = memory.size;
  for (let round = 0; round < 2; round++) for (const history of small) history.dropTo(1);
  filled(2_000, 900, () => 2);
  expect(memory.size).toBe(taken);
  for (const history of small) history.dropTo(1);
  expect(small.reduce((sum, history) => sum + history.newest(2).length, 0)).toBe(200);
});
