import type { Commands, Library, Reply } from "./engine/ports.js";
import type { Loaded, LoadOptions } from "./libraries/changes.js";
import { Libraries } from "./libraries/libraries.js";
import type { LibrariesPorts } from "./libraries/ports.js";
import { absent, LibraryRefusal } from "./libraries/refusal.js";
import { type Entry, Shelf } from "./libraries/shelf.js";
import type { LibraryStore } from "./libraries/store.js";
import { within } from "./libraries/within.js";
import { describe, type ListOptions } from "./listing.js";
import type { FedMissed } from "./ports.js";
import { Bindings } from "./runner/bindings.js";
import { Lane } from "./runner/lane.js";
import { Runner } from "./runner/runner.js";
import { Ledger, type PageStore } from "./statistics/ledger.js";
import { EMPTY_PAGE } from "./statistics/page.js";
import type { ProgressStore } from "./streams/progress-store.js";
import { StreamSource } from "./streams/stream-source.js";
import { Streams } from "./streams/streams.js";

/** ms that what was counted last may take to be kept when the gateway ends. */
const LAST_WORDS = 2_000;

export interface TriggersPorts extends Omit<LibrariesPorts, "store" | "shelf" | "lost"> {
  readonly store: LibraryStore & PageStore & ProgressStore;
  readonly commands: Commands;
  /** ms with a fraction, since whenever; never set back. */
  readonly monotonic: () => number;
}

export interface TriggersSettings {
  /** Events that may wait for one library. */
  readonly queue: number;
}

export interface CallRequest {
  readonly keys: readonly Uint8Array[];
  readonly args: readonly Uint8Array[];
  readonly db: number;
  /** The function may take its time: what it answers may be a promise. Where it is async, it may always. */
  readonly isAsync?: boolean;
}

/** A library in a few words, for whoever watches the gateway. */
export interface LibraryStatus {
  readonly name: string;
  readonly isBroken: boolean;
  /** Events that wait or are under way on this gateway. */
  readonly pending: number;
}

/** Trigger libraries on this gateway: what is fed to them, what they did, and how they are changed. */
export class Triggers {
  readonly #ports: TriggersPorts;
  readonly #ledger: Ledger;
  readonly #shelf: Shelf;
  readonly #streams: Streams;
  readonly #libraries: Libraries;
  /** What is to be fed with the events of the parts that this gateway holds. */
  readonly worker: Runner;

  constructor(ports: TriggersPorts, { queue }: TriggersSettings) {
    const { store, clock, gateway, monotonic, feeding, report } = ports;
    const failed = (error: unknown) =>
      report({ event: "unreachable", what: "what triggers did is not kept", error });
    const bindings = new Bindings<Lane>();
    this.#ports = ports;
    this.#ledger = new Ledger({ store, clock, gateway, failed });
    this.#streams = new Streams({
      ...{ store, feeding, clock, monotonic, failed },
      source: new StreamSource(ports.commands),
      finished: (library, outcome, ms) =>
        report({ event: "finished", library, kind: "stream", outcome, ms }),
    });
    this.#shelf = new Shelf({
      ...{ ledger: this.#ledger, bindings, failed },
      newLane: (library, book) =>
        new Lane(book, queue, {
          now: () => clock.now(),
          monotonic,
          finished: (outcome, ms) =>
            report({ event: "finished", library, kind: "trigger", outcome, ms }),
          missed: ({ reason, count, from, to }) => {
            book.missed({ reason, count, from, to });
            report({ event: "missed", library, reason, count });
          },
        }),
      changed: (name, entry) => this.#streams.follow(name, entry),
    });
    const shelf = this.#shelf;
    this.#libraries = new Libraries({ ...ports, shelf, lost: () => this.#ledger.writeAnew() });
    this.worker = new Runner({
      bindings,
      stream: this.#streams.told,
      missed: (missed) => this.#missed(missed),
    });
  }

  /** Loads what Redis keeps, waiting a while for it. */
  async start(): Promise<void> {
    this.#ledger.start();
    this.#streams.start();
    await this.#libraries.start();
  }

  /** Why libraries may not run as they should, a sentence each. */
  problems(): string[] {
    return this.#libraries.problems();
  }

  status(): LibraryStatus[] {
    return this.#shelf.entries().map(({ name, library, lane }) => {
      return { name, isBroken: library === undefined, pending: lane.pending };
    });
  }

  /** @throws LibraryError where it is no library, LibraryRefusal `taken`, `stream_prefix`, `unavailable` */
  load(source: string, options: LoadOptions = {}): Promise<Loaded> {
    return this.#libraries.load(source, options);
  }

  /**
   * Loads a source unless it is loaded already, in the place of another of its name; once Redis can be
   * read.
   *
   * @throws as `load` does
   */
  provide(source: string): Promise<void> {
    return this.#libraries.provide(source);
  }

  /** @throws LibraryRefusal `absent`, `unavailable` */
  delete(name: string): Promise<void> {
    return this.#libraries.remove(name);
  }

  /**
   * The libraries by their names, or one, as TFUNCTION LIST told them: of all gateways together.
   *
   * @throws LibraryRefusal `absent`, `unavailable`
   */
  async list(options: ListOptions, name?: string): Promise<Record<string, unknown>[]> {
    const entries = name === undefined ? this.#shelf.entries() : [this.#mustHave(name)];
    try {
      return await Promise.all(entries.map((entry) => this.#describe(entry, options)));
    } catch (cause) {
      const message = "Redis, where statistics are kept, does not answer; try again";
      throw new LibraryRefusal("unavailable", message, { cause });
    }
  }

  /**
   * Calls a function of a library.
   *
   * @throws LibraryRefusal `absent`, `broken`; LibraryFailure
   */
  async call(name: string, functionName: string, request: CallRequest): Promise<Reply> {
    const { library, lane } = this.#mustRun(name);
    const { keys, args, db, isAsync = false } = request;
    const info = library.functions.find((one) => one.name === functionName);
    const release = lane.keepOpen(library);
    try {
      const mode = isAsync || info?.isAsync ? "async" : "plain";
      return await library.call(functionName, keys, args, { db, mode });
    } finally {
      release();
    }
  }

  /** Ends it all; events are to be fed to nobody any more. */
  async close(): Promise<void> {
    const { clock } = this.#ports;
    // Where Redis is away nothing can be kept any more: that is not waited for.
    await within(clock, this.#streams.close(), LAST_WORDS).catch(() => {});
    await this.#shelf.close();
    await within(clock, this.#ledger.close(), LAST_WORDS).catch(() => {});
    await this.#libraries.close();
  }

  async #describe(entry: Entry, options: ListOptions): Promise<Record<string, unknown>> {
    const page = await this.#ledger.total(entry.book);
    const streams = new Map<string, Awaited<ReturnType<Streams["progress"]>>>();
    if (options.verbosity >= 2) {
      for (const trigger of Object.keys(entry.definition.streamTriggers)) {
        streams.set(trigger, await this.#streams.progress(entry, trigger));
      }
    }
    return describe(entry, { page: page ?? EMPTY_PAGE, streams }, options);
  }

  #mustHave(name: string): Entry {
    const entry = this.#shelf.get(name);
    if (entry === undefined) throw absent(name);
    return entry;
  }

  #mustRun(name: string): { readonly library: Library; readonly lane: Lane } {
    const { library, lane, fault } = this.#mustHave(name);
    if (library !== undefined) return { library, lane };
    const message = `${name} does not run on this gateway: ${fault?.message}`;
    throw new LibraryRefusal("broken", message);
  }

  /** Nobody knows whose events they were: each library that waits for some may have missed them. */
  #missed({ reason, count, from, to }: FedMissed): void {
    const concerned = this.#shelf
      .entries()
      .filter(({ definition }) => Object.keys(definition.triggers).length > 0);
    for (const { book } of concerned) book.missed({ reason, count, from, to });
    this.#ports.report({ event: "missed", library: null, reason, count });
    this.#streams.missed();
  }
}
