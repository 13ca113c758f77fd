import { isUtf8 } from "node:buffer";
import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { SandboxData } from "../wire/messages.js";
import type { PackedEvent } from "../wire/packing.js";
import type { SharedMemory } from "../wire/shared-memory.js";
import type { Bridge } from "./bridge.js";
import { CallbackArguments } from "./callback-arguments.js";
import type { Shortcut } from "./direct/shortcut.js";
import { type Entries, startPrelude } from "./entries.js";
import { type Failure, Failures } from "./failures.js";
import { HostFunctions } from "./host-functions.js";
import { Jobs } from "./jobs.js";
import { Lanes } from "./lanes.js";
import { Loader } from "./loader.js";
import type { Meter } from "./meter.js";
import type { Realm, Thrown } from "./realm.js";
import { Turns } from "./turns.js";

/** A callback that waits for its turn. */
interface Queued {
  readonly event: PackedEvent;
  readonly lane: string;
}

/** One library in its realm: runs its callbacks, those of one lane one after the other. */
export class Sandbox {
  readonly #realm: Realm;
  readonly #bridge: Bridge;
  readonly #host: HostFunctions;
  readonly #entries: Entries;
  readonly #failures: Failures;
  readonly #loader: Loader;
  readonly #arguments: CallbackArguments;
  readonly #turns: Turns;
  readonly #jobs: Jobs;
  readonly #lanes = new Lanes<Queued>();
  #rawFunctions: readonly boolean[] = [];

  constructor(
    { name, source, configuration, limits }: SandboxData,
    realm: Realm,
    bridge: Bridge,
    shortcut: Shortcut,
    meter: Meter,
    memory: SharedMemory,
  ) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#arguments = new CallbackArguments(realm);
    this.#jobs = new Jobs(bridge, memory, limits.promiseAge, {
      failureOf: (description) => this.#failures.from(description),
      left: (lane) => this.#leave(lane),
      full: (message) => this.#turns.spoil("memory", message),
    });
    this.#host = new HostFunctions(realm, bridge, shortcut, meter, limits, this.#jobs);
    meter.suspend();
    this.#entries = startPrelude(realm, this.#host.handle(), configuration);
    const file = `${name}.js`;
    this.#failures = new Failures(realm, meter, limits, this.#entries.describe, file);
    const turns = new Turns(realm, bridge, meter, this.#failures);
    this.#turns = turns;
    this.#loader = new Loader(source, file, {
      ...{ realm, meter, entries: this.#entries, failures: this.#failures },
      settle: () => turns.settle(),
      broken: (error) => turns.breakdown(error),
    });
  }

  get isUsable(): boolean {
    return this.#turns.isUsable;
  }

  compile(): void {
    this.#bridge.post(this.#loader.compile() ?? { type: "compiled" });
  }

  evaluate(): void {
    const outcome = this.#loader.evaluate();
    if (outcome.type === "loaded") {
      const { functions } = outcome.registered;
      this.#rawFunctions = functions.map(({ flags }) => flags.includes("raw-arguments"));
    }
    this.#bridge.post(outcome);
  }

  // Jobs

  fire(event: PackedEvent): void {
    const lane = this.#lanes.isEmpty ? undefined : laneOf(event);
    if (lane === undefined || !this.#lanes.has(lane)) {
      const { fire } = this.#entries;
      this.#enter(
        event.job,
        () => this.#realm.call(fire, ...this.#arguments.ofEvent(event)),
        event,
      );
      return;
    }
    const { fired } = this.#entries;
    const prepare = () => this.#realm.call(fired, ...this.#arguments.ofEvent(event));
    if (this.#enter(event.job, prepare, "prepare")) {
      // The callback before may have ended meanwhile.
      if (!this.#lanes.join(lane, { event, lane })) this.#react({ event, lane });
    }
  }

  call(
    job: number,
    index: number,
    db: number,
    isPlain: boolean,
    args: readonly Uint8Array[],
  ): void {
    const isRaw = this.#rawFunctions[index] === true;
    const wrong = isRaw ? -1 : args.findIndex((arg) => !isUtf8(arg));
    if (wrong >= 0) {
      const message = `argument ${wrong + 1} is not UTF-8; a function with the flag raw-arguments is given bytes`;
      this.#jobs.fail(job, { code: "error", message });
      return;
    }
    const { call } = this.#entries;
    this.#enter(job, () =>
      this.#realm.call(call, ...this.#arguments.ofCall(job, index, db, isPlain, isRaw, args)),
    );
    if (isPlain && this.#jobs.isPending(job)) {
      const message =
        "the function answers with a promise that is still pending, so it cannot be called plainly; " +
        'call it asynchronously, with "async":true or --async';
      this.#jobs.fail(job, { code: "async_only", message });
    }
  }

  record(job: number, index: number, db: number, id: string, texts: readonly Uint8Array[]): void {
    const { record } = this.#entries;
    this.#enter(job, () =>
      this.#realm.call(record, ...this.#arguments.ofRecord(job, index, db, id, texts)),
    );
  }

  /** The reply to an asynchronous command. */
  deliver(call: number, reply: Uint8Array): void {
    this.#deliver(call, () => this.#host.received(call, reply));
  }

  located(call: number, nodes: readonly string[], error: string | undefined): void {
    this.#deliver(call, () => this.#host.located(nodes, error));
  }

  /** Tells what has ended since it was told last. */
  flush(): void {
    this.#jobs.flush();
  }

  #deliver(call: number, value: () => QuickJSHandle): void {
    if (!this.isUsable) return;
    this.#turns.run(() => {
      const { context } = this.#realm;
      const done = this.#realm.call(this.#entries.deliver, context.newNumber(call), value());
      if ("thrown" in done) done.thrown.dispose();
      else done.dispose();
    });
    this.flush();
  }

  // Running

  /**
   * Runs a job, or the part of it that comes before its turn.
   *
   * @param place the event that says in which lane it is, or the lane
   * @returns whether it has not failed
   */
  #enter(
    job: number,
    call: () => QuickJSHandle | Thrown,
    place?: PackedEvent | string | "prepare",
  ): boolean {
    let hasFailed = false;
    this.#jobs.begin(job);
    const breakdown = this.#turns.run(() => {
      const outcome = call();
      const failure =
        "thrown" in outcome ? this.#failures.of(outcome.thrown) : this.#outcome(outcome);
      hasFailed = typeof failure === "object";
      if (failure === "pending") this.#wait(job, place);
      else if (failure !== undefined) this.#jobs.fail(job, failure);
      else if (place === "prepare") this.#jobs.putBack(job);
      else this.#jobs.returned(job);
    });
    if (breakdown !== undefined) this.#jobs.fail(job, breakdown);
    return !hasFailed && this.isUsable;
  }

  #outcome(handle: QuickJSHandle): Failure | "pending" | undefined {
    const { context } = this.#realm;
    // Of nothing, too, a handle takes memory until it is let go of.
    return handle.consume((value) => {
      const type = context.typeof(value);
      if (type === "undefined") return undefined;
      if (type === "boolean") return "pending";
      return this.#failures.from(context.getString(value));
    });
  }

  // Lanes

  #wait(job: number, place: PackedEvent | string | undefined): void {
    const lane = typeof place === "object" ? laneOf(place) : place;
    if (lane !== undefined) this.#lanes.occupy(lane);
    this.#jobs.wait(job, lane);
  }

  #react({ event, lane }: Queued): void {
    if (!this.isUsable) return;
    const { job } = event;
    const args = this.#arguments.ofReaction(event);
    this.#lanes.occupy(lane);
    this.#enter(job, () => this.#realm.call(this.#entries.react, ...args), lane);
    if (!this.#jobs.isPending(job)) this.#leave(lane);
    this.flush();
  }

  #leave(lane: string): void {
    const next = this.#lanes.leave(lane);
    // Not in the middle of another callback's reactions.
    if (next !== undefined) setImmediate(() => this.#react(next));
  }
}

function laneOf({ index, db, key }: PackedEvent): string {
  return `${index} ${db} ${Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1")}`;
}
