import { type ChannelOptions, type Cursor, parseChannel, type WireError } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import type { Batch } from "../batch.js";
import { Hub } from "../hub.js";
import type { Keys } from "../keys.js";
import type { HubSettings } from "../ports.js";
import type { Member, Membership } from "../seat.js";
import type { Joined } from "../stream.js";
import { FakeSource } from "./fake-source.js";
import { FakeValues } from "./fake-values.js";

export const SETTINGS: HubSettings = {
  linger: 15_000,
  historySize: 300,
  historyBytes: 1_048_576,
  historyTtl: 60_000,
  historyMemory: 64 * 1_048_576,
};

/** What one member was told, in order. */
export class FakeMember implements Member {
  answer: (Joined & Partial<Keys>) | undefined;
  readonly resyncs: { readonly at: Cursor; readonly keys: Keys }[] = [];
  refusal: WireError | undefined;
  readonly batches: Batch[] = [];
  membership: Membership | undefined;
  /** How often it was told to look ahead. */
  looks = 0;
  /** Whether it leaves as soon as it is let in. */
  isPassing = false;

  lookAhead(): number {
    this.looks += 1;
    return this.looks;
  }

  joined(joined: Joined & Partial<Keys>): void {
    if (this.answer !== undefined || this.refusal !== undefined) throw new Error("answered twice");
    this.answer = joined;
    if (this.isPassing) this.leave();
  }

  refused(error: WireError): void {
    if (this.answer !== undefined || this.refusal !== undefined) throw new Error("answered twice");
    this.refusal = error;
  }

  deliver(batch: Batch): void {
    if (this.answer === undefined) throw new Error("told before it was answered");
    this.batches.push(batch);
  }

  resynced(at: Cursor, keys: Keys): void {
    this.resyncs.push({ at, keys });
  }

  /** All messages, the replayed ones first. */
  get messages(): readonly Record<string, unknown>[] {
    const all = [...(this.answer?.replay ?? []), ...this.batches];
    return all.flatMap(({ text }) => text.split("\n").map((line) => JSON.parse(line)));
  }

  get offsets(): number[] {
    return this.messages.map(({ offset }) => Number(offset));
  }

  leave(): void {
    this.membership?.leave();
  }
}

/** A hub on a fake source, a virtual clock, and a turn that ends when the test says so. */
export class Bench {
  readonly clock = new VirtualClock();
  readonly source = new FakeSource(() => this.clock.now());
  readonly values = new FakeValues();
  readonly faults: unknown[] = [];
  readonly delivered: [messages: number, members: number][] = [];
  readonly gaps: string[] = [];
  received = 0;
  shed = 0;
  readonly hub: Hub;
  #tasks: (() => void)[] = [];

  constructor(settings: Partial<HubSettings> = {}, life = "life01") {
    this.hub = new Hub(
      {
        source: this.source,
        clock: this.clock,
        endOfTurn: (task) => this.#tasks.push(task),
        life,
        values: this.values,
        report: {
          received: () => {
            this.received += 1;
          },
          delivered: (messages, members) => this.delivered.push([messages, members]),
          shed: (messages) => {
            this.shed += messages;
          },
          gap: (reason) => this.gaps.push(reason),
          acknowledged: () => {},
          fault: (_, error) => this.faults.push(error),
        },
      },
      { ...SETTINGS, ...settings },
    );
  }

  join(name: string, options: ChannelOptions = {}, since?: Cursor): FakeMember {
    const member = new FakeMember();
    member.membership = this.hub.join(
      { name, interest: parseChannel(name), options, since },
      member,
    );
    return member;
  }

  /** Joins, and has the source acknowledge where it is asked. */
  async joined(name: string, options: ChannelOptions = {}, since?: Cursor): Promise<FakeMember> {
    const member = this.join(name, options, since);
    for (const asked of this.source.in("asked")) asked.acknowledge();
    await this.settle();
    return member;
  }

  /** Ends the turn: what waits for it runs. */
  endTurn(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }

  /** Lets promises run on; no time passes. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }
}
