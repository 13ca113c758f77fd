import { isUtf8 } from "node:buffer";
import { performance } from "node:perf_hooks";
import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { Reply } from "../ports.js";
import { ENDED, type SandboxData } from "../wire/messages.js";
import type { PackedEvent } from "../wire/packing.js";
import { JOBS, type SharedMemory, Status, Word } from "../wire/shared-memory.js";
import type { Bridge } from "./bridge.js";
import type { Shortcut } from "./direct/shortcut.js";
import { type Entries, startPrelude } from "./entries.js";
import { type Failure, Failures } from "./failures.js";
import { HostFunctions, type JobEvents } from "./host-functions.js";
import { Lanes } from "./lanes.js";
import { Loader } from "./loader.js";
import type { Meter } from "./meter.js";
import type { Realm, Thrown } from "./realm.js";

/** Names of events that are kept as values of the sandbox. */
const MAX_EVENT_NAMES = 256;
/** Jobs that may end before the main thread is told. */
const ENDED_AT_ONCE = 32;
/** ms between two looks for promises that are too old */
const AGE_LOOK = 200;

/** A job whose promise has not settled. */
interface Pending {
  readonly since: number;
  readonly lane: string | undefined;
}

/** A callback that waits for its turn. */
interface Queued {
  readonly event: PackedEvent;
  readonly lane: string;
}

/** One library in its realm: runs its callbacks and tells what came of each. */
export class Sandbox implements JobEvents {
  readonly #data: SandboxData;
  readonly #realm: Realm;
  readonly #bridge: Bridge;
  readonly #meter: Meter;
  readonly #memory: SharedMemory;
  readonly #host: HostFunctions;
  readonly #entries: Entries;
  readonly #failures: Failures;
  readonly #loader: Loader;
  readonly #eventNames = new Map<string, QuickJSHandle>();
  readonly #pending = new Map<number, Pending>();
  readonly #lanes = new Lanes<Queued>();
  #rawFunctions: readonly boolean[] = [];
  #ended = 0;
  #state: "usable" | "spoilt" = "usable";

  constructor(
    data: SandboxData,
    realm: Realm,
    bridge: Bridge,
    shortcut: Shortcut,
    meter: Meter,
    memory: SharedMemory,
  ) {
    this.#data = data;
    this.#realm = realm;
    this.#bridge = bridge;
    this.#meter = meter;
    this.#memory = memory;
    this.#host = new HostFunctions(realm, bridge, shortcut, meter, data.limits, this);
    meter.suspend();
    this.#entries = startPrelude(realm, this.#host.handle(), data.configuration);
    const file = `${data.name}.js`;
    this.#failures = new Failures(realm, meter, data.limits, this.#entries.describe, file);
    this.#loader = new Loader(data.source, file, {
      realm,
      meter,
      entries: this.#entries,
      failures: this.#failures,
      settle: () => this.#settle(),
      broken: (error) => this.#breakdown(error),
    });
    setInterval(() => this.#failOld(), AGE_LOOK);
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
      this.#enter(
        event.job,
        () => this.#realm.call(this.#entries.fire, ...this.#about(event)),
        event,
      );
      return;
    }
    const { fired } = this.#entries;
    if (this.#enter(event.job, () => this.#realm.call(fired, ...this.#about(event)), "prepare")) {
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
    const { context } = this.#realm;
    const isRaw = this.#rawFunctions[index] === true;
    const wrong = isRaw ? -1 : args.findIndex((arg) => !isUtf8(arg));
    if (wrong >= 0) {
      const message = `argument ${wrong + 1} is not UTF-8; a function with the flag raw-arguments is given bytes`;
      this.#fail(job, { code: "error", message });
      return;
    }
    this.#enter(job, () =>
      this.#realm.call(
        this.#entries.call,
        context.newNumber(job),
        context.newNumber(index),
        context.newNumber(db),
        isPlain ? context.false : context.true,
        ...args.map((arg) =>
          isRaw ? this.#realm.bytes(arg) : this.#realm.text(Buffer.from(arg).toString()),
        ),
      ),
    );
    if (isPlain && this.#pending.has(job)) {
      const message =
        "the function answers with a promise that is still pending, so it cannot be called plainly; " +
        "call it asynchronously";
      this.#fail(job, { code: "async_only", message });
    }
  }

  record(job: number, index: number, db: number, id: string, texts: readonly Uint8Array[]): void {
    const { context } = this.#realm;
    const [stream, ...fields] = texts.map((text) =>
      isUtf8(text) ? Buffer.from(text).toString() : null,
    );
    const head = JSON.stringify({ id: id.split("-"), stream, fields });
    this.#enter(job, () =>
      this.#realm.call(
        this.#entries.record,
        context.newNumber(job),
        context.newNumber(index),
        context.newNumber(db),
        this.#realm.text(head),
        ...texts.map((text) => this.#realm.bytes(text)),
      ),
    );
  }

  /** The reply to an asynchronous command. */
  deliver(call: number, reply: Uint8Array): void {
    this.#deliver(call, () => this.#host.received(call, reply));
  }

  located(call: number, nodes: readonly string[], error: string | undefined): void {
    this.#deliver(call, () => this.#realm.text(JSON.stringify({ nodes, error })));
  }

  /** Tells what has ended since it was told last. */
  flush(): void {
    if (this.#ended === 0) return;
    this.#ended = 0;
    this.#bridge.post(ENDED);
  }

  get isUsable(): boolean {
    return this.#state === "usable";
  }

  #about({ job, index, db, event, key }: PackedEvent): QuickJSHandle[] {
    const { context } = this.#realm;
    return [
      context.newNumber(job),
      context.newNumber(index),
      context.newNumber(db),
      this.#eventName(event),
      isUtf8(key)
        ? this.#realm.text(Buffer.from(key.buffer, key.byteOffset, key.length).toString())
        : context.null,
      this.#realm.bytes(key),
    ];
  }

  #eventName(event: string): QuickJSHandle {
    const known = this.#eventNames.get(event);
    if (known !== undefined) return known.dup();
    const handle = this.#realm.text(event);
    if (this.#eventNames.size < MAX_EVENT_NAMES) this.#eventNames.set(event, handle.dup());
    return handle;
  }

  #deliver(call: number, value: () => QuickJSHandle): void {
    if (this.#state === "spoilt") return;
    this.#turn(() => {
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
    const { statuses, words } = this.#memory;
    let hasFailed = false;
    Atomics.store(words, Word.Job, job);
    Atomics.store(statuses, job % JOBS, Status.Begun);
    this.#turn(() => {
      const outcome = call();
      const failure =
        "thrown" in outcome ? this.#failures.of(outcome.thrown) : this.#outcome(outcome);
      hasFailed = typeof failure === "object";
      if (failure === "pending") this.#wait(job, place);
      else if (failure !== undefined) this.#fail(job, failure);
      // Nothing of its own has run: it can begin anew in another sandbox.
      else if (place === "prepare") Atomics.store(statuses, job % JOBS, Status.Handed);
      else if (!this.#answeredJobs.delete(job)) this.#succeed(job);
    }, job);
    return !hasFailed && this.#state === "usable";
  }

  readonly #answeredJobs = new Set<number>();

  #outcome(handle: QuickJSHandle): Failure | "pending" | undefined {
    const { context } = this.#realm;
    const type = context.typeof(handle);
    if (type === "undefined") return undefined;
    if (type === "boolean") return "pending";
    return this.#failures.from(handle.consume((text) => context.getString(text)));
  }

  /** Runs library code, and then what it left to promises. */
  #turn(run: () => void, job?: number): void {
    try {
      this.#meter.begin();
      run();
      this.#settle();
    } catch (error) {
      const failure = this.#breakdown(error);
      if (job !== undefined) this.#fail(job, failure);
    } finally {
      this.#meter.end();
    }
  }

  #settle(): void {
    const mayGoOn = () => !this.#meter.hasRunOut;
    this.#meter.extend();
    if (this.#realm.settle(mayGoOn)) return;
    // Time ran out among the reactions; they too get the moment that what is stopped gets.
    this.#meter.isDue();
    this.#meter.extend();
    if (this.#realm.settle(mayGoOn)) return;
    this.#spoil("time", this.#failures.time("its promises go on and on"));
  }

  #wait(job: number, place: PackedEvent | string | undefined): void {
    const name = typeof place === "object" ? laneOf(place) : place;
    if (name !== undefined) this.#lanes.occupy(name);
    this.#pending.set(job, { since: performance.now(), lane: name });
  }

  // What came of it

  settled(job: number): void {
    if (this.#pending.has(job)) this.#succeed(job);
  }

  failed(job: number, description: string): void {
    if (this.#pending.has(job)) this.#fail(job, this.#failures.from(description));
  }

  answered(job: number, reply: Reply): void {
    this.#bridge.post({ type: "answered", job, reply });
    if (this.#pending.has(job)) this.#end(job);
    else this.#answeredJobs.add(job);
  }

  #succeed(job: number): void {
    Atomics.store(this.#memory.statuses, job % JOBS, Status.Succeeded);
    this.#end(job);
    this.#ended++;
    if (this.#ended >= ENDED_AT_ONCE) this.flush();
  }

  #fail(job: number, { code, message }: Failure): void {
    this.#bridge.post({ type: "failed", job, code, message });
    this.#end(job);
    if (code === "memory") this.#spoil("memory", message);
  }

  #end(job: number): void {
    const pending = this.#pending.get(job);
    this.#pending.delete(job);
    if (pending?.lane !== undefined) this.#leave(pending.lane);
  }

  #react({ event, lane }: Queued): void {
    if (this.#state === "spoilt") return;
    const { context } = this.#realm;
    const { job, index, db } = event;
    this.#lanes.occupy(lane);
    const args = [context.newNumber(job), context.newNumber(index), context.newNumber(db)];
    this.#enter(job, () => this.#realm.call(this.#entries.react, ...args), lane);
    if (!this.#pending.has(job)) this.#leave(lane);
    this.flush();
  }

  #leave(lane: string): void {
    const next = this.#lanes.leave(lane);
    // Not in the middle of another callback's reactions.
    if (next !== undefined) setImmediate(() => this.#react(next));
  }

  #failOld(): void {
    const { promiseAge } = this.#data.limits;
    const oldest = performance.now() - promiseAge;
    for (const [job, { since }] of this.#pending) {
      if (since > oldest) return;
      const message = `its promise did not settle within ${promiseAge} ms, so it counts as one that never will`;
      this.#fail(job, { code: "promise", message });
    }
  }

  // Failures

  /** Something broke besides the library's code: what is left of the sandbox is not trusted. */
  #breakdown(error: unknown): Failure {
    const failure = this.#failures.ofBreakdown(error);
    this.#spoil(failure.code === "memory" ? "memory" : "crash", failure.message);
    return failure;
  }

  #spoil(reason: "time" | "memory" | "crash", message: string): void {
    if (this.#state === "spoilt") return;
    this.#state = "spoilt";
    this.#bridge.post({ type: "spoilt", reason, message });
  }
}

function laneOf({ index, db, key }: PackedEvent): string {
  return `${index} ${db} ${Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1")}`;
}
