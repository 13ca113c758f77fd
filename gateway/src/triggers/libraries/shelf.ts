import type { Interest } from "@keywire/shared";
import { type Library, LibraryError } from "../engine/ports.js";
import type { Binding, Bindings } from "../runner/bindings.js";
import type { Lane } from "../runner/lane.js";
import type { Counters } from "../statistics/counters.js";
import type { Book, Ledger } from "../statistics/ledger.js";
import { births, type Definition, prefixOf } from "./definition.js";

/** Why a library does not run on this gateway. */
export interface Fault {
  readonly message: string;
  readonly line: number | undefined;
}

/** A library on this gateway: what is kept of it, and the sandbox that it runs in. */
export interface Entry {
  readonly name: string;
  readonly revision: string;
  readonly text: string;
  readonly definition: Definition;
  /** Undefined where it does not run here. */
  readonly library: Library | undefined;
  readonly fault: Fault | undefined;
  readonly book: Book;
  readonly lane: Lane;
  readonly bindings: readonly Binding<Lane>[];
}

export type Arrival = Pick<
  Entry,
  "name" | "revision" | "text" | "definition" | "library" | "fault"
>;

export interface ShelfPorts {
  readonly ledger: Ledger;
  readonly bindings: Bindings<Lane>;
  readonly newLane: (name: string, book: Book) => Lane;
  /** Told when a library came, changed or went: its streams are to be followed. */
  readonly changed: (name: string, entry: Entry | undefined) => void;
  readonly failed: (error: unknown) => void;
}

/** The libraries of this gateway. */
export class Shelf {
  readonly #ports: ShelfPorts;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(ports: ShelfPorts) {
    this.#ports = ports;
  }

  get(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  /** By their names. */
  entries(): Entry[] {
    return [...this.#entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Puts a library in its place. One that it replaces ends what it began, into the same counters. */
  put(arrival: Arrival): Entry {
    const { ledger, bindings, newLane } = this.#ports;
    const { name, definition, library } = arrival;
    let previous = this.#entries.get(name);
    if (previous !== undefined && previous.definition.life !== definition.life) {
      this.remove(name);
      previous = undefined;
    }
    const book = previous?.book ?? ledger.open({ name, life: definition.life });
    const lane = previous?.lane ?? newLane(name, book);
    const entry = { ...arrival, book, lane, bindings: bind(definition, library, lane) };
    for (const binding of previous?.bindings ?? []) bindings.remove(binding);
    for (const binding of entry.bindings) bindings.add(binding);
    this.#entries.set(name, entry);
    book.keep(births(definition));
    lane.adopt(library, countersOf(definition, book));
    this.#ports.changed(name, entry);
    if (previous?.library !== undefined) this.#retire(previous.library, lane);
    return entry;
  }

  remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    const { ledger, bindings } = this.#ports;
    this.#entries.delete(name);
    for (const binding of entry.bindings) bindings.remove(binding);
    entry.lane.end();
    this.#ports.changed(name, undefined);
    if (entry.library !== undefined) this.#retire(entry.library, entry.lane);
    ledger.forget(entry.book);
  }

  /** What is to be listened to for them. */
  interests(): Interest[] {
    const prefixes = new Map<string, Uint8Array>();
    for (const { definition } of this.#entries.values()) {
      for (const kind of [definition.triggers, definition.streamTriggers]) {
        for (const trigger of Object.values(kind)) prefixes.set(trigger.prefix, prefixOf(trigger));
      }
    }
    return [...prefixes.values()].map((bytes) => ({ kind: "prefix", db: "*", bytes }));
  }

  /** Whether a trigger waits for reads of keys that are not there. */
  wantsMisses(): boolean {
    const bindings = [...this.#entries.values()].flatMap((entry) => entry.bindings);
    return bindings.some(({ events }) => events === null || events.has("keymiss"));
  }

  /** Ends all sandboxes. */
  async close(): Promise<void> {
    const open = [...this.#entries.values()].flatMap(({ library }) => library ?? []);
    await Promise.all([...open.map((library) => library.close()), ...this.#closing]);
  }

  #retire(library: Library, lane: Lane): void {
    const closing = lane
      .whenIdle(library)
      .then(() => library.close())
      .catch(this.#ports.failed)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** The triggers as events find them. What does not run has them too: what it misses is to be counted. */
function bind(definition: Definition, library: Library | undefined, lane: Lane): Binding<Lane>[] {
  if (library !== undefined) {
    return library.triggers.map(({ name, prefix, events }, place) => {
      const wanted = events === null ? null : new Set(events);
      return { owner: lane, trigger: name, place, prefix, events: wanted };
    });
  }
  return Object.entries(definition.triggers).map(([trigger, kept], place) => {
    return { owner: lane, trigger, place, prefix: prefixOf(kept), events: null };
  });
}

function countersOf(definition: Definition, book: Book): Map<string, Counters> {
  const entries = Object.entries(definition.triggers);
  return new Map(entries.map(([name, { birth }]) => [name, book.counters(birth)]));
}

export function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  return { message, line: error instanceof LibraryError ? error.line : undefined };
}
