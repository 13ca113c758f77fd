import {
  base64UrlDecode,
  base64UrlEncode,
  type Clock,
  RadixTree,
  type Timer,
} from "@keywire/shared";
import type { StreamTriggerInfo } from "../engine/ports.js";
import { prefixOf, type TriggerDefinition } from "../libraries/definition.js";
import type { Entry } from "../libraries/shelf.js";
import type { FedEvent, Feeding } from "../ports.js";
import { latin1 } from "../runner/bindings.js";
import { compareIds, idBehind } from "./id.js";
import { type ProgressState, readProgress } from "./progress.js";
import { type Consumer, StreamReader } from "./stream-reader.js";
import type { StreamPlace, StreamSource } from "./stream-source.js";

/** Events that may have put a record, or a whole stream, under a key. */
const ARRIVALS: ReadonlySet<string> = new Set([
  "xadd",
  "rename_to",
  "restore",
  "copy_to",
  "move_to",
]);
/** Events after which a key is no more. */
const DEPARTURES: ReadonlySet<string> = new Set([
  "del",
  "expired",
  "evicted",
  "rename_from",
  "move_from",
]);
/** ms between two looks at which parts are held. */
const LOOK_EVERY = 500;
/** ms between two looks for streams that nobody told of. */
const SWEEP_EVERY = 30_000;

/** Where the progress in streams is kept, for all gateways. */
export interface ProgressStore {
  /** By field; see `fieldOf`. */
  readStreams(life: string): Promise<ReadonlyMap<string, string>>;
  /** @returns false where the library's life is over */
  writeStream(name: string, life: string, field: string, text: string): Promise<boolean>;
  forgetStreams(life: string, fields: readonly string[]): Promise<void>;
}

export interface StreamsPorts {
  readonly store: ProgressStore;
  readonly source: StreamSource;
  readonly feeding: Feeding;
  readonly clock: Clock;
  readonly monotonic: () => number;
  readonly finished: (library: string, outcome: "success" | "failed", ms: number) => void;
  readonly failed: (error: unknown) => void;
}

/** One stream trigger of one library. */
interface Subscriber {
  readonly library: string;
  readonly trigger: string;
  readonly birth: string;
  readonly prefix: Uint8Array;
  /** Undefined where the library does not run here. */
  info: StreamTriggerInfo | undefined;
  readonly readers: Map<string, { readonly place: StreamPlace; readonly reader: StreamReader }>;
  /** What was kept of its streams when they were last looked for. */
  kept: ReadonlyMap<string, string>;
  /** Streams that are already there are looked for. */
  isSearched: boolean;
}

/**
 * Stream triggers: every stream whose name begins with a trigger's prefix is read from where it was
 * left, by the gateway that holds the stream's part of the keyspace. Events only wake: what is to be
 * read stands in the stream, so none of it depends on an event's having come.
 */
export class Streams {
  readonly #ports: StreamsPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #tree = new RadixTree<Subscriber>();
  /** Where trimming is due or under way, by stream. */
  readonly #trimmed = new Map<string, string>();
  #tenure = "";
  #sweptAt = 0;
  #sweep: Promise<void> | undefined;
  #isSweepDue = false;
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(ports: StreamsPorts) {
    this.#ports = ports;
  }

  start(): void {
    this.#timer = this.#ports.clock.after(LOOK_EVERY, () => this.#look());
  }

  /** A library came, changed or went. */
  follow(name: string, entry: Entry | undefined): void {
    if (entry === undefined) this.#entries.delete(name);
    else this.#entries.set(name, entry);
    const kept = entry === undefined ? {} : entry.definition.streamTriggers;
    const births = new Set(Object.values(kept).map(({ birth }) => birth));
    for (const subscriber of this.#subscribers.values()) {
      if (subscriber.library === name && !births.has(subscriber.birth)) this.#drop(subscriber);
    }
    for (const [trigger, definition] of Object.entries(kept)) {
      const info = entry?.library?.streamTriggers.find((one) => one.name === trigger);
      this.#adopt(name, trigger, definition, info);
    }
    this.#sweepSoon();
  }

  /** Something happened to a key. */
  readonly told = ({ db, key, event }: FedEvent): void => {
    if (this.#tree.isEmpty) return;
    const [arrives, departs] = [ARRIVALS.has(event), DEPARTURES.has(event)];
    if (!arrives && !departs) return;
    this.#tree.match(latin1(key), (subscriber) => {
      if (departs) void this.#forget(subscriber, { db, key });
      else this.#readerOf(subscriber, { db, key })?.wake();
    });
  };

  /** Events may be missing: streams are looked for. */
  missed(): void {
    for (const subscriber of this.#subscribers.values()) subscriber.isSearched = false;
    this.#sweepSoon();
  }

  /** How far a trigger is in each stream, on all gateways: what is under way here is told as of now. */
  async progress(entry: Entry, trigger: string): Promise<[StreamPlace, ProgressState][]> {
    const birth = entry.definition.streamTriggers[trigger]?.birth;
    const kept = await this.#ports.store.readStreams(entry.definition.life);
    const subscriber = this.#subscribers.get(birth ?? "");
    const found = new Map<string, [StreamPlace, ProgressState]>();
    for (const [field, text] of kept) {
      const place = placeIn(field, birth ?? "");
      if (place !== undefined) found.set(field, [place, readProgress(text)]);
    }
    for (const [field, { place, reader }] of subscriber?.readers ?? []) {
      if (this.#ports.feeding.holds(place.key)) found.set(field, [place, reader.state]);
    }
    return [...found.values()];
  }

  async close(): Promise<void> {
    this.#state = "closed";
    this.#timer?.cancel();
    await this.#sweep;
    const readers = [...this.#subscribers.values()].flatMap(({ readers }) => [...readers.values()]);
    await Promise.all(readers.map(({ reader }) => reader.stop()));
  }

  // Subscribers

  #adopt(
    library: string,
    trigger: string,
    definition: TriggerDefinition,
    info: StreamTriggerInfo | undefined,
  ): void {
    const { birth } = definition;
    const known = this.#subscribers.get(birth);
    if (known !== undefined) {
      known.info = info;
      for (const { reader } of known.readers.values()) reader.wake();
      return;
    }
    const subscriber: Subscriber = {
      ...{ library, trigger, birth, info, prefix: prefixOf(definition) },
      readers: new Map(),
      kept: new Map(),
      isSearched: false,
    };
    this.#subscribers.set(birth, subscriber);
    this.#tree.add(latin1(subscriber.prefix), subscriber);
  }

  #drop(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.birth);
    this.#tree.remove(latin1(subscriber.prefix), subscriber);
    for (const { reader } of subscriber.readers.values()) void reader.stop();
  }

  // Readers

  #readerOf(subscriber: Subscriber, place: StreamPlace): StreamReader | undefined {
    const field = fieldOf(subscriber.birth, place);
    const known = subscriber.readers.get(field)?.reader;
    if (known !== undefined) return known;
    if (this.#state === "closed" || !this.#ports.feeding.holds(place.key)) return undefined;
    // Until what is kept of it was read, nobody knows where to begin.
    if (!subscriber.isSearched) {
      this.#sweepSoon();
      return undefined;
    }
    const text = subscriber.kept.get(field);
    const reader = this.#newReader(
      subscriber,
      place,
      text === undefined ? undefined : readProgress(text),
    );
    subscriber.readers.set(field, { place, reader });
    return reader;
  }

  #newReader(
    subscriber: Subscriber,
    place: StreamPlace,
    state: ProgressState | undefined,
  ): StreamReader {
    const { store, source, feeding, clock, monotonic, finished, failed } = this.#ports;
    const { library, birth } = subscriber;
    const field = fieldOf(birth, place);
    const life = this.#entries.get(library)?.definition.life ?? "";
    return new StreamReader(place, state, {
      ...{ source, clock, monotonic, failed },
      holds: () => feeding.holds(place.key),
      consumer: () => this.#consumer(subscriber),
      keepOpen: (held) => this.#entries.get(library)?.lane.keepOpen(held) ?? (() => {}),
      save: (progress) => store.writeStream(library, life, field, JSON.stringify(progress)),
      saved: () => this.#trim(place),
      finished: (outcome, ms) => finished(library, outcome, ms),
    });
  }

  #consumer({ library, trigger, birth, info }: Subscriber): Consumer | undefined {
    if (!this.#subscribers.has(birth)) return undefined;
    const origin = `trigger:${library}.${trigger}`;
    const sandbox = info === undefined ? undefined : this.#entries.get(library)?.library;
    return { origin, trigger, library: sandbox, window: info?.window ?? 1 };
  }

  /** The stream is gone, and so is where it was read to. */
  async #forget(subscriber: Subscriber, place: StreamPlace): Promise<void> {
    const field = fieldOf(subscriber.birth, place);
    const life = this.#entries.get(subscriber.library)?.definition.life;
    const known = subscriber.readers.get(field);
    if (life === undefined || (known === undefined && !subscriber.kept.has(field))) return;
    subscriber.readers.delete(field);
    this.#trimmed.delete(trimId(place));
    subscriber.kept = new Map([...subscriber.kept].filter(([one]) => one !== field));
    try {
      await known?.reader.stop();
      await this.#ports.store.forgetStreams(life, [field]);
      // One that came in its place meanwhile has kept its own.
      subscriber.readers.get(field)?.reader.keep();
    } catch (error) {
      this.#ports.failed(error);
    }
  }

  // Trimming

  /** Drops what all triggers that read the stream are done with, where one of them wants that. */
  #trim(place: StreamPlace): void {
    const id = trimId(place);
    let [slowest, origin]: (string | undefined)[] = [];
    let isWanted = false;
    this.#tree.match(latin1(place.key), (subscriber) => {
      const reader = subscriber.readers.get(fieldOf(subscriber.birth, place))?.reader;
      const savedTo = reader?.savedTo ?? "0-0";
      if (slowest === undefined || compareIds(savedTo, slowest) < 0) slowest = savedTo;
      if (subscriber.info?.isStreamTrimmed !== true) return;
      isWanted = true;
      origin = `trigger:${subscriber.library}.${subscriber.trigger}`;
    });
    if (!isWanted || slowest === undefined || origin === undefined) return;
    if (slowest === "0-0" || this.#trimmed.get(id) === slowest) return;
    this.#trimmed.set(id, slowest);
    const trimmed = slowest;
    this.#ports.source.trim(place, idBehind(trimmed), origin).catch((error: unknown) => {
      if (this.#trimmed.get(id) === trimmed) this.#trimmed.delete(id);
      this.#ports.failed(error);
    });
  }

  // Finding

  #look(): void {
    const { feeding, clock } = this.#ports;
    const tenure = feeding.tenure();
    if (tenure !== this.#tenure) {
      this.#tenure = tenure;
      this.#release();
      // What another gateway kept of streams that are this one's now was not read yet.
      this.missed();
    } else if (this.#isUnsearched() || clock.now() - this.#sweptAt >= SWEEP_EVERY) {
      this.#sweepSoon();
    }
    if (this.#state === "open") this.start();
  }

  #isUnsearched(): boolean {
    return [...this.#subscribers.values()].some(({ isSearched }) => !isSearched);
  }

  /** Streams of parts that another gateway holds now are that one's. */
  #release(): void {
    for (const subscriber of this.#subscribers.values()) {
      for (const [field, { place, reader }] of subscriber.readers) {
        if (this.#ports.feeding.holds(place.key)) continue;
        subscriber.readers.delete(field);
        void reader.stop();
      }
    }
  }

  #sweepSoon(): void {
    if (this.#state === "closed" || this.#subscribers.size === 0) return;
    this.#isSweepDue = true;
    this.#sweep ??= this.#sweepWhileDue();
  }

  async #sweepWhileDue(): Promise<void> {
    while (this.#isSweepDue && this.#state === "open") {
      this.#isSweepDue = false;
      this.#sweptAt = this.#ports.clock.now();
      for (const subscriber of [...this.#subscribers.values()]) {
        await this.#search(subscriber).catch(this.#ports.failed);
      }
    }
    // Not a turn later: what becomes due then would wait for the next look.
    this.#sweep = undefined;
  }

  async #search(subscriber: Subscriber): Promise<void> {
    const { store, source } = this.#ports;
    const life = this.#entries.get(subscriber.library)?.definition.life;
    if (life === undefined) return;
    const wasSearched = subscriber.isSearched;
    subscriber.kept = await store.readStreams(life);
    subscriber.isSearched = true;
    for (const field of subscriber.kept.keys()) {
      const place = placeIn(field, subscriber.birth);
      if (place !== undefined) this.#readerOf(subscriber, place)?.wake();
    }
    if (wasSearched) return;
    try {
      const origin = `trigger:${subscriber.library}.${subscriber.trigger}`;
      for await (const place of source.find(subscriber.prefix, origin)) {
        if (!this.#subscribers.has(subscriber.birth)) return;
        this.#readerOf(subscriber, place)?.wake();
      }
    } catch (error) {
      subscriber.isSearched = false;
      throw error;
    }
  }
}

function trimId({ db, key }: StreamPlace): string {
  return `${db}:${latin1(key)}`;
}

/** The name of what is kept of one stream for one trigger. */
export function fieldOf(birth: string, { db, key }: StreamPlace): string {
  return `${birth}:${db}:${base64UrlEncode(key)}`;
}

/** The stream that a field is about, where it is one of this trigger's. */
function placeIn(field: string, birth: string): StreamPlace | undefined {
  const [of, db, encoded = ""] = field.split(":");
  const key = base64UrlDecode(encoded);
  return of === birth && key !== null ? { db: Number(db), key } : undefined;
}
