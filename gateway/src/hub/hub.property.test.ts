import { WireError } from "@keywire/shared";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Bench, type FakeMember, SETTINGS } from "./testing/bench.js";
import type { FakeSubscription } from "./testing/fake-source.js";

/** One step of a story; numbers choose among whoever can take it. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("join"), pick: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass"), pick: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("come back"), pick: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("leave"), pick: fc.nat(20) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("acknowledge"), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse"), pick: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("let go"), pick: fc.nat(20) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("tell"), pick: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("end turn"), pick: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), pick: fc.nat(20) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a member must have been told in the end: the ledger's side of the story. */
interface Expectation {
  readonly member: FakeMember;
  readonly channel: string;
  /** Messages of this life of the channel, by offset, that it must have. */
  readonly due: string[];
  /** The upstream that serves it, once it was acknowledged. */
  upstream: FakeSubscription | undefined;
  state: "waiting" | "on" | "left" | "refused";
}

/** ms; longer than any story, so that a cursor is good for as long as its channel lives. */
const HISTORY_TTL = 10_000_000;

class Story {
  readonly bench = new Bench({ historyTtl: HISTORY_TTL });
  readonly #expectations: Expectation[] = [];
  /** All that each upstream was told, in order: what it stands for has offset index + 1. */
  readonly #told = new Map<FakeSubscription, string[]>();
  #serial = 0;

  async take({ do: what, pick }: Step): Promise<void> {
    const { bench } = this;
    switch (what) {
      case "join":
        this.#join(pick === 0 ? "prefix:a" : "prefix:");
        break;
      case "pass":
        this.#pass(pick === 0 ? "prefix:a" : "prefix:");
        break;
      case "come back":
        this.#comeBack(pick);
        break;
      case "leave":
        this.#leave(pick);
        break;
      case "acknowledge":
        choose(bench.source.in("asked"), pick)?.acknowledge();
        break;
      case "refuse":
        this.#refuse(pick);
        break;
      case "let go":
        choose(bench.source.in("letting go"), pick)?.letGo(pick % 2 ? undefined : new Error("no"));
        break;
      case "tell":
        this.#tell();
        break;
      case "end turn":
        bench.endTurn();
        break;
      case "wait":
        await bench.clock.advance(pick * 1_000);
        break;
    }
    await bench.settle();
    this.#look();
  }

  /** Everybody leaves, and all that was held is given back. */
  async end(): Promise<void> {
    const { bench } = this;
    bench.endTurn();
    for (const expectation of this.#expectations) this.#check(expectation);
    for (const { member } of this.#expectations) member.leave();
    for (const asked of bench.source.in("asked")) asked.acknowledge();
    await bench.clock.advance(SETTINGS.linger + HISTORY_TTL);
    for (const upstream of bench.source.in("letting go")) upstream.letGo();
    await bench.settle();
    expect(bench.source.in("live")).toEqual([]);
    expect(bench.hub.size).toBe(0);
    expect(bench.clock.pending).toBe(0);
  }

  #join(channel: string, since?: { epoch: string; offset: number }, had: string[] = []): void {
    const member = this.bench.join(channel, {}, since);
    this.#expectations.push({
      member,
      channel,
      due: [...had],
      upstream: undefined,
      state: "waiting",
    });
  }

  /** Somebody joins that leaves as soon as it is let in. */
  #pass(channel: string): void {
    const member = this.bench.join(channel);
    member.isPassing = true;
    if (member.answer !== undefined) member.leave();
  }

  #comeBack(pick: number): void {
    const left = this.#expectations.filter(
      ({ state, member }) => state === "left" && member.answer !== undefined,
    );
    const before = choose(left, pick);
    if (before?.member.answer === undefined) return;
    const { epoch } = before.member.answer;
    const offset = before.member.offsets.at(-1) ?? before.member.answer.offset;
    this.#join(before.channel, { epoch, offset });
  }

  #leave(pick: number): void {
    const there = this.#expectations.filter(({ state }) => state === "on" || state === "waiting");
    const expectation = choose(there, pick);
    if (expectation === undefined) return;
    expectation.member.leave();
    expectation.state = "left";
  }

  #refuse(pick: number): void {
    choose(this.bench.source.in("asked"), pick)?.refuse(new WireError("unavailable", "no"));
  }

  #tell(): void {
    this.#serial += 1;
    const key = `a${this.#serial}`;
    for (const upstream of this.bench.source.in("live")) {
      this.#told.set(upstream, [...(this.#told.get(upstream) ?? []), key]);
    }
    for (const { state, upstream, due } of this.#expectations) {
      if (state === "on" && upstream?.state === "live") due.push(key);
    }
    this.bench.source.tell("set", key);
  }

  /** Notes who was answered, and holds the hub to one upstream per channel in use. */
  #look(): void {
    for (const expectation of this.#expectations) {
      const { member, state, channel } = expectation;
      if (state !== "waiting") continue;
      if (member.refusal !== undefined) expectation.state = "refused";
      if (member.answer !== undefined) this.#seated(expectation, channel);
    }
    for (const channel of ["prefix:a", "prefix:"]) {
      const serving = this.#serving(channel);
      expect(serving.length).toBeLessThanOrEqual(1);
      const isUsed = this.#expectations.some(
        (one) => one.channel === channel && (one.state === "on" || one.state === "waiting"),
      );
      if (isUsed) expect(serving).toHaveLength(1);
    }
  }

  #seated(expectation: Expectation, channel: string): void {
    const [upstream] = this.#serving(channel);
    expectation.upstream = upstream;
    expectation.state = "on";
    const { offset = 0 } = expectation.member.answer ?? {};
    const told = upstream === undefined ? [] : (this.#told.get(upstream) ?? []);
    // Everything behind the cursor is still kept.
    expectation.due.push(...told.slice(offset));
  }

  #serving(channel: string): FakeSubscription[] {
    const bytes = channel.slice("prefix:".length);
    return this.bench.source.subscriptions.filter(
      ({ state, interest }) =>
        (state === "asked" || state === "live") &&
        new TextDecoder().decode(interest.bytes) === bytes,
    );
  }

  #check({ member, due }: Expectation): void {
    expect(member.messages.map(({ key }) => key)).toEqual(due);
    const { offset = 0 } = member.answer ?? {};
    expect(member.offsets).toEqual(due.map((_, index) => offset + 1 + index));
  }
}

function choose<T>(from: readonly T[], pick: number): T | undefined {
  return from[pick % Math.max(from.length, 1)];
}

it("tells each member exactly what its channel was told while it was there, and holds nothing in the end", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80, size: "max" }), async (steps) => {
      const story = new Story();
      for (const one of steps) await story.take(one);
      await story.end();
    }),
    { numRuns: 300 },
  );
});
