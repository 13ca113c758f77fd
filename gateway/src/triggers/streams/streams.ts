import { type Clock, RadixTree } from "@keywire/shared";
import type { StreamTriggerInfo } from "../engine/ports.js";
import type { TriggerDefinition } from "../libraries/definition.js";
import type { Entry } from "../libraries/shelf.js";
import type { FedEvent, Feeding } from "../ports.js";
import { latin1 } from "../runner/bindings.js";
import { type ProgressState, readProgress } from "./progress.js";
import { type ProgressStore, placeIn } from "./progress-store.js";
import type { StreamPlace, StreamSource } from "./stream-source.js";
import { Subscriber, type SubscriberPorts } from "./subscriber.js";
import { Sweeps } from "./sweeps.js";
import { Trimming } from "./trimming.js";

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

export interface StreamsPorts {
  readonly store: ProgressStore;
  readonly source: StreamSource;
  readonly feeding: Feeding;
  readonly clock: Clock;
  readonly monotonic: () => number;
  readonly finished: (library: string, outcome: "success" | "failed", ms: number) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Stream triggers: every stream whose name begins with a trigger's prefix is read from where it was
 * left, by the gateway that holds the stream's part of the keyspace. Events only wake: what is to be
 * read stands in the stream, so none of it depends on an event's having come.
 */
export class Streams {
  readonly #ports: StreamsPorts;
  readonly #entries = new Map<string, Entry>();
  /** By birth. */
  readonly #subscribers = new Map<string, Subscriber>();
  readonly #subscriberPorts: SubscriberPorts;
  readonly #tree = new RadixTree<Subscriber>();
  readonly #trimming: Trimming;
  readonly #sweeps: Sweeps;
  #state: "open" | "closed" = "open";

  constructor(ports: StreamsPorts) {
    const { source, feeding, clock, failed } = ports;
    this.#ports = ports;
    this.#trimming = new Trimming(this.#tree, source, failed);
    this.#sweeps = new Sweeps({ subscribers: this.#subscribers, feeding, clock, failed });
    this.#subscriberPorts = {
      ...ports,
      holds: (key) => feeding.holds(key),
      tenure: () => feeding.tenure(),
      entry: (library) => this.#entries.get(library),
      isOpen: () => this.#state === "open",
      unsearched: () => this.#sweeps.soon(),
      saved: (place) => this.#trimming.advance(place),
    };
  }

  start(): void {
    this.#sweeps.start();
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
    this.#sweeps.soon();
  }

  /** Something happened to a key. */
  readonly told = ({ db, key, event }: FedEvent): void => {
    if (this.#tree.isEmpty) return;
    const [arrives, departs] = [ARRIVALS.has(event), DEPARTURES.has(event)];
    if (!arrives && !departs) return;
    this.#tree.match(latin1(key), (subscriber) => {
      if (!departs) subscriber.wake({ db, key });
      else if (subscriber.forget({ db, key })) this.#trimming.forget({ db, key });
    });
  };

  /** Events may be missing: streams are looked for. */
  missed(): void {
    this.#sweeps.missed();
  }

  /** How far a trigger is in each stream, on all gateways: what is under way here is told as of now. */
  async progress(entry: Entry, trigger: string): Promise<[StreamPlace, ProgressState][]> {
    const { store, feeding } = this.#ports;
    const birth = entry.definition.streamTriggers[trigger]?.birth ?? "";
    const kept = await store.readStreams(entry.definition.life);
    const found = new Map<string, [StreamPlace, ProgressState]>();
    for (const [field, text] of kept) {
      const place = placeIn(field, birth);
      if (place !== undefined) found.set(field, [place, readProgress(text)]);
    }
    for (const [field, place, state] of this.#subscribers.get(birth)?.progress() ?? []) {
      if (feeding.holds(place.key)) found.set(field, [place, state]);
    }
    return [...found.values()];
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.#sweeps.close();
    await Promise.all([...this.#subscribers.values()].map((subscriber) => subscriber.stop()));
  }

  #adopt(
    library: string,
    trigger: string,
    definition: TriggerDefinition,
    info: StreamTriggerInfo | undefined,
  ): void {
    let subscriber = this.#subscribers.get(definition.birth);
    if (subscriber === undefined) {
      subscriber = new Subscriber(library, trigger, definition, this.#subscriberPorts);
      this.#subscribers.set(subscriber.birth, subscriber);
      this.#tree.add(latin1(subscriber.prefix), subscriber);
    }
    subscriber.adopt(info);
  }

  #drop(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber.birth);
    this.#tree.remove(latin1(subscriber.prefix), subscriber);
    subscriber.drop();
  }
}
