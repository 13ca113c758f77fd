import { VirtualClock } from "@keywire/shared/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimStore } from "./testing/sim-store.js";
import { Turns } from "./testing/turns.js";
import { Values, type ValuesPorts } from "./values.js";

function bench(settings = {}) {
  const clock = new VirtualClock();
  const store = new SimStore(() => clock.now());
  const turns = new Turns();
  const ports: ValuesPorts = { store, clock, endOfTurn: turns.endOfTurn };
  const values = new Values(ports, settings);
  /** Lets everything that is under way come to its end. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) {
      turns.end();
      store.answerAll();
      await clock.advance(0);
    }
  };
  return { clock, store, turns, values, settle };
}

const key = (name: string) => Buffer.from(name);

type Step =
  | { readonly do: "write" | "tell" | "read"; readonly name: string }
  | { readonly do: "execute" | "answer"; readonly which: number }
  | { readonly do: "turn" | "feed" };

const names = fc.constantFrom("a", "b");
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom("write" as const, "tell" as const), name: names }),
    fc.record({ do: fc.constant("read" as const), name: names }),
    fc.record({ do: fc.constantFrom("execute" as const, "answer" as const), which: fc.nat(4) }),
    fc.record({ do: fc.constantFrom("turn" as const, "turn" as const, "feed" as const) }),
  ),
  { minLength: 10, maxLength: 120, size: "max" },
);

/** A key's versions: as Redis has it, as events told it, and as it was when the feed last began. */
interface Known {
  actual: number;
  seen: number;
  atFeed: number;
  untold: number[];
}

describe("what is answered from memory", () => {
  it("is never older than the last event seen, nor than the feed that is to keep it fresh", async () => {
    let remembered = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const { clock, store, turns, values, settle } = bench();
        const known = new Map<string, Known>();
        for (const name of ["a", "b"])
          known.set(name, { actual: 0, seen: 0, atFeed: 0, untold: [] });
        const of = (name: string) => known.get(name) as Known;
        let mark = values.mark();
        const faults: string[] = [];
        const reads: Promise<void>[] = [];
        const read = (name: string) => {
          const { seen, atFeed, actual } = of(name);
          const check = (how: string, least: number) => (state: { value: unknown }) => {
            const version = Number((state.value as { data?: string } | null)?.data ?? 0);
            if (version < least)
              faults.push(`${how} of ${name}: ${version} is older than ${least}`);
          };
          const live = values.read(0, key(name), { event: "set", liveSince: mark });
          reads.push(live.then(check("remembered", Math.max(seen, atFeed))));
          reads.push(values.read(0, key(name)).then(check("read", actual)));
        };
        const run = (step: Step): void => {
          switch (step.do) {
            case "write": {
              const entry = of(step.name);
              entry.untold.push(++entry.actual);
              store.keys.set(step.name, { text: String(entry.actual) });
              return;
            }
            case "tell": {
              const entry = of(step.name);
              entry.seen = entry.untold.shift() ?? entry.seen;
              values.stale(0, key(step.name));
              return;
            }
            case "read":
              read(step.name);
              return;
            case "feed":
              // A gap: what was not told so far never will be.
              for (const entry of known.values()) {
                entry.untold = [];
                entry.atFeed = entry.actual;
              }
              mark = values.mark();
              return;
            case "turn":
              turns.end();
              return;
            case "execute":
            case "answer": {
              const pending = store.pending[step.which % Math.max(1, store.pending.length)];
              if (pending !== undefined) store[step.do](pending);
            }
          }
        };
        for (const step of plan) {
          run(step);
          await clock.advance(0);
        }
        await settle();
        await Promise.all(reads);
        remembered += values.status().remembered;
        expect(faults).toEqual([]);
        expect(values.status().reading).toBe(0);
      }),
      { numRuns: 400 },
    );
    // Else nothing was tried.
    expect(remembered).toBeGreaterThan(100);
  });

  it("is what was read, until an event, a new mark or a gap", async () => {
    const { store, values, settle } = bench();
    store.keys.set("k", { text: "1" });
    let mark = values.mark();
    const read = async () => {
      const state = values.read(0, key("k"), { liveSince: mark });
      await settle();
      return [(await state).value, values.status().read];
    };
    const value = { type: "string", data: "1" };
    expect(await read()).toEqual([value, 1]);
    expect(await read()).toEqual([value, 1]);
    values.stale(0, key("other"));
    values.stale(1, key("k"));
    expect(await read()).toEqual([value, 1]);
    values.stale(0, key("k"));
    expect(await read()).toEqual([value, 2]);
    mark = values.mark();
    expect(await read()).toEqual([value, 3]);
    values.forget((db, bytes) => db === 0 && bytes.toString() === "nothing of the kind");
    expect(await read()).toEqual([value, 3]);
    values.forget((db, bytes) => db === 0 && Buffer.from(bytes).toString() === "k");
    expect(await read()).toEqual([value, 4]);
    values.forget();
    expect(await read()).toEqual([value, 5]);
  });

  it("is not what an event, or a gap, overtook while it was read", async () => {
    for (const overtake of ["stale", "forget"] as const) {
      const { store, turns, values, settle } = bench();
      store.keys.set("k", { text: "1" });
      const mark = values.mark();
      const first = values.read(0, key("k"), { event: "set" });
      turns.end();
      for (const pending of store.pending) store.execute(pending);
      store.keys.set("k", { text: "2" });
      if (overtake === "stale") values.stale(0, key("k"));
      else values.forget(() => true);
      await settle();
      expect((await first).value).toMatchObject({ data: "1" });
      const second = values.read(0, key("k"), { liveSince: mark });
      await settle();
      expect((await second).value).toMatchObject({ data: "2" });
    }
  });

  it("counts its time to live down, and is read again when that is over", async () => {
    const { clock, store, values, settle } = bench();
    store.keys.set("k", { text: "1", expires: clock.now() + 1_000 });
    const mark = values.mark();
    const ttl = async () => {
      const state = values.read(0, key("k"), { liveSince: mark });
      await settle();
      return [await state.then((one) => one.ttl), values.status().read];
    };
    expect(await ttl()).toEqual([1_000, 1]);
    await clock.advance(400);
    expect(await ttl()).toEqual([600, 1]);
    await clock.advance(600);
    expect(await ttl()).toEqual([undefined, 2]);
  });

  it("is bounded in bytes, the oldest going first", async () => {
    const { store, values, settle } = bench({ cacheBytes: 100_000 });
    const mark = values.mark();
    for (let index = 0; index < 50; index++) {
      store.keys.set(`k${index}`, { text: "x".repeat(1_000) });
      void values.read(0, key(`k${index}`), { liveSince: mark });
      await settle();
    }
    const { cacheBytes } = values.status();
    expect(cacheBytes).toBeGreaterThan(90_000);
    expect(cacheBytes).toBeLessThanOrEqual(100_000);
    void values.read(0, key("k49"), { liveSince: mark });
    void values.read(0, key("k0"), { liveSince: mark });
    await settle();
    expect(values.status()).toMatchObject({ read: 51, remembered: 1 });
  });

  it("is nothing where nothing is to be kept", async () => {
    const { store, values, settle } = bench({ cacheBytes: 0 });
    store.keys.set("k", { text: "1" });
    const mark = values.mark();
    for (let turn = 0; turn < 3; turn++) {
      void values.read(0, key("k"), { liveSince: mark });
      await settle();
    }
    expect(values.status()).toMatchObject({ read: 3, remembered: 0, cacheBytes: 0 });
  });
});

describe("reads", () => {
  it("of one turn leave in one batch, whatever database they are of, and so do second trips", async () => {
    const { store, turns, values } = bench();
    for (const name of ["a", "b", "c"]) {
      store.keys.set(name, { text: name });
      void values.read(0, key(name));
    }
    void values.read(3, key("a"));
    turns.end();
    store.answerAll();
    turns.end();
    store.answerAll();
    turns.end();
    expect(store.writes).toEqual([4, 4]);
    expect(store.pending).toEqual([]);
  });

  it("that fail are refused as unavailable to all who share them, and leave nothing behind", async () => {
    const { store, turns, values, settle } = bench();
    const reads = [values.read(0, key("k")), values.read(0, key("k"))];
    turns.end();
    const [pending] = store.pending;
    if (pending !== undefined) store.fail(pending, new Error("the node is on fire"));
    for (const read of reads) {
      await expect(read).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("on fire"),
      });
    }
    const again = values.read(0, key("k"));
    await settle();
    expect(await again).toEqual({ value: null });
    expect(values.status()).toMatchObject({ failed: 1, reading: 0 });
  });

  it("beyond the queue are refused", async () => {
    const { values, settle } = bench({ queue: 2 });
    const kept = [values.read(0, key("a")), values.read(0, key("b"))];
    await expect(values.read(0, key("c"))).rejects.toMatchObject({ code: "unavailable" });
    await settle();
    expect(await Promise.all(kept)).toEqual([{ value: null }, { value: null }]);
  });
});
