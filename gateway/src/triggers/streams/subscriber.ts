import type { Clock } from "@keywire/shared";
import type { StreamTriggerInfo } from "../engine/ports.js";
import { prefixOf, type TriggerDefinition } from "../libraries/definition.js";
import type { Entry } from "../libraries/shelf.js";
import { type ProgressState, readProgress } from "./progress.js";
import { fieldOf, type ProgressStore, placeIn } from "./progress-store.js";
import { type Consumer, StreamReader } from "./stream-reader.js";
import type { StreamPlace, StreamSource } from "./stream-source.js";
import { Successions } from "./successions.js";

export interface SubscriberPorts {
  readonly store: ProgressStore;
  readonly source: StreamSource;
  readonly clock: Clock;
  readonly monotonic: () => number;
  /** Whether the stream is this gateway's to read now. */
  readonly holds: (key: Uint8Array) => boolean;
  /** Another text whenever this gateway holds other parts than before. */
  readonly tenure: () => string;
  /** The library as it stands now. */
  readonly entry: (library: string) => Entry | undefined;
  /** Whether streams that are not read yet may be. */
  readonly isOpen: () => boolean;
  /** What is kept of its streams is to be read before any of them is. */
  readonly unsearched: () => void;
  /** Told when the progress in a stream stands in Redis. */
  readonly saved: (place: StreamPlace) => void;
  readonly finished: (library: string, outcome: "success" | "failed", ms: number) => void;
  readonly failed: (error: unknown) => void;
}

interface Reading {
  readonly place: StreamPlace;
  readonly reader: StreamReader;
}

/** One stream trigger of one library, and the streams that it reads here. */
export class Subscriber {
  readonly library: string;
  readonly birth: string;
  readonly prefix: Uint8Array;
  /** As what it reads and trims is told. */
  readonly origin: string;
  readonly #trigger: string;
  readonly #ports: SubscriberPorts;
  /** By field. */
  readonly #readings = new Map<string, Reading>();
  /** What was kept of its streams when they were last looked for. */
  #kept: ReadonlyMap<string, string> = new Map();
  /** What was held then. */
  #tenure = "";
  readonly #successions: Successions;
  #info: StreamTriggerInfo | undefined;
  #isSearched = false;
  #state: "followed" | "dropped" = "followed";

  constructor(
    library: string,
    trigger: string,
    definition: TriggerDefinition,
    ports: SubscriberPorts,
  ) {
    this.library = library;
    this.birth = definition.birth;
    this.prefix = prefixOf(definition);
    this.origin = `trigger:${library}.${trigger}`;
    this.#trigger = trigger;
    this.#ports = ports;
    this.#successions = new Successions(ports.clock);
  }

  /** Streams that are already there have been looked for, and none of them waits for another gateway. */
  get isSearched(): boolean {
    return this.#isSearched && this.#successions.isEmpty;
  }

  get wantsTrimming(): boolean {
    return this.#info?.isStreamTrimmed === true;
  }

  /** How far it is in the streams that it reads here, by field. */
  *progress(): Iterable<[field: string, place: StreamPlace, state: ProgressState]> {
    for (const [field, { place, reader }] of this.#readings) yield [field, place, reader.state];
  }

  /** Records of a stream up to this one are done, and that stands in Redis. */
  savedTo(place: StreamPlace): string | undefined {
    return this.#readings.get(fieldOf(this.birth, place))?.reader.savedTo;
  }

  /** @param info undefined where the library does not run here */
  adopt(info: StreamTriggerInfo | undefined): void {
    this.#info = info;
    for (const { reader } of this.#readings.values()) reader.wake();
  }

  /** There may be something to read in a stream. */
  wake(place: StreamPlace): void {
    this.#readerOf(place)?.wake();
  }

  /** Events may be missing: its streams are to be looked for again. */
  missed(): void {
    this.#isSearched = false;
  }

  /** Reads no streams any more that another gateway holds now. */
  release(): void {
    this.#successions.clear();
    for (const [field, { place, reader }] of this.#readings) {
      if (this.#ports.holds(place.key)) continue;
      this.#readings.delete(field);
      void reader.stop();
    }
  }

  /** The trigger is gone. */
  drop(): void {
    this.#state = "dropped";
    for (const { reader } of this.#readings.values()) void reader.stop();
  }

  /** Resolves when what is under way is done and kept. */
  async stop(): Promise<void> {
    await Promise.all([...this.#readings.values()].map(({ reader }) => reader.stop()));
  }

  /** The stream is gone, and so is where it was read to. @returns whether anything was known of it */
  forget(place: StreamPlace): boolean {
    const field = fieldOf(this.birth, place);
    const life = this.#life();
    const reader = this.#readings.get(field)?.reader;
    if (life === undefined || (reader === undefined && !this.#kept.has(field))) return false;
    this.#readings.delete(field);
    this.#successions.forget(field);
    this.#kept = new Map([...this.#kept].filter(([one]) => one !== field));
    void this.#forgetKept(life, field, reader);
    return true;
  }

  async #forgetKept(life: string, field: string, reader: StreamReader | undefined): Promise<void> {
    try {
      await reader?.stop();
      await this.#ports.store.forgetStreams(life, [field]);
      // One that came in its place meanwhile has kept its own.
      this.#readings.get(field)?.reader.keep();
    } catch (error) {
      this.#ports.failed(error);
    }
  }

  /**
   * Goes on in the streams of which something is kept. The first time, and where events may have been
   * missed, it looks for all others as well.
   */
  async search(): Promise<void> {
    const { store, source, tenure } = this.#ports;
    const life = this.#life();
    if (life === undefined) return;
    const wasSearched = this.#isSearched;
    this.#tenure = tenure();
    this.#kept = await store.readStreams(life);
    this.#isSearched = true;
    for (const field of this.#kept.keys()) {
      const place = placeIn(field, this.birth);
      if (place !== undefined) this.wake(place);
    }
    if (wasSearched) return;
    try {
      for await (const place of source.find(this.prefix, this.origin)) {
        if (this.#state === "dropped") return;
        this.wake(place);
      }
    } catch (error) {
      this.#isSearched = false;
      throw error;
    }
  }

  // Readers

  #readerOf(place: StreamPlace): StreamReader | undefined {
    const { isOpen, holds, tenure, unsearched } = this.#ports;
    const field = fieldOf(this.birth, place);
    const known = this.#readings.get(field)?.reader;
    if (known !== undefined) return known;
    if (!isOpen() || !holds(place.key)) return undefined;
    // Until what is kept of it was read, nobody knows where to begin: others may have gone on since then.
    if (this.#tenure !== tenure()) this.#isSearched = false;
    if (!this.#isSearched) {
      unsearched();
      return undefined;
    }
    const text = this.#kept.get(field);
    const state = text === undefined ? undefined : readProgress(text);
    if (state !== undefined && this.#successions.awaits(field, state)) return undefined;
    const reader = this.#newReader(field, place, state);
    this.#readings.set(field, { place, reader });
    return reader;
  }

  #newReader(field: string, place: StreamPlace, state: ProgressState | undefined): StreamReader {
    const { store, source, clock, monotonic, holds, entry, saved, finished, failed } = this.#ports;
    const { library } = this;
    const life = this.#life() ?? "";
    return new StreamReader(place, state, {
      ...{ source, clock, monotonic, failed },
      holds: () => holds(place.key),
      consumer: () => this.#consumer(),
      keepOpen: (held) => entry(library)?.lane.keepOpen(held) ?? (() => {}),
      save: (progress) => store.writeStream(library, life, field, JSON.stringify(progress)),
      saved: () => saved(place),
      finished: (outcome, ms) => finished(library, outcome, ms),
    });
  }

  #consumer(): Consumer | undefined {
    if (this.#state === "dropped") return undefined;
    const sandbox = this.#info === undefined ? undefined : this.#ports.entry(this.library)?.library;
    return {
      origin: this.origin,
      trigger: this.#trigger,
      library: sandbox,
      window: this.#info?.window ?? 1,
    };
  }

  #life(): string | undefined {
    return this.#ports.entry(this.library)?.definition.life;
  }
}
