import type {
  KeywireError,
  StateChange,
  Subscription,
  SubscriptionState,
  Wire,
} from "@keywire/client";
import { type ReadonlySignal, signal } from "@preact/signals";
import { EventLog } from "../log/log.js";
import { Rates } from "../log/rates.js";
import { Reader } from "../log/reading.js";
import type { Entry, Notice } from "../log/row.js";
import { sentence } from "../text/sentence.js";
import type { Channel } from "./channel.js";
import { needsToken } from "./token-codes.js";

/** Told that something is to be painted anew, and when to paint. */
export interface Canvas {
  readonly frame: ReadonlySignal<number>;
  readonly beat: ReadonlySignal<number>;
  request(): void;
}

const ANEW = "Watching anew: what changed while there was no connection is missing from this list.";

/**
 * Everything that the events page shows: the watched channels and what came over them. It outlives
 * connections, so that a new token continues the list; signals change with states, never per event.
 */
export class Stream {
  readonly log = new EventLog();
  readonly reader = new Reader(this.log);
  readonly rates = new Rates();
  readonly painter: Canvas;
  readonly #now: () => number;
  readonly #channels = signal<readonly Channel[]>([]);
  readonly #subscriptions = new Map<string, Subscription>();
  #wire: Wire | null = null;
  /** Whether channels were live on a connection, which is gone where there is no wire. */
  #hasWatched = false;

  constructor(painter: Canvas, now: () => number = Date.now) {
    this.painter = painter;
    this.#now = now;
  }

  get channels(): ReadonlySignal<readonly Channel[]> {
    return this.#channels;
  }

  /** Takes the watched channels over to a connection; an earlier one has to be detached before. */
  attach(wire: Wire): void {
    this.#wire = wire;
    // It begins anew, and cannot ask for what came between: the list must not look as if it were whole.
    if (this.#hasWatched) this.note({ level: "info", code: "anew", text: ANEW, channel: null });
    this.#hasWatched = false;
    for (const { name } of this.#channels.value) this.#subscribe(wire, name);
  }

  /** Lets go of the connection and keeps what was watched and seen. */
  detach(): void {
    this.#wire = null;
    this.#subscriptions.clear();
    this.#channels.value = this.#channels.value.map(({ name }) => pending(name));
  }

  /** Begins to watch a channel, or tries again where it was refused. */
  watch(name: string): void {
    const known = this.#channels.value.find((channel) => channel.name === name);
    if (known !== undefined && known.state !== "refused") return;
    if (known !== undefined) this.unwatch(name);
    this.#channels.value = [...this.#channels.value, pending(name)];
    if (this.#wire !== null) this.#subscribe(this.#wire, name);
  }

  unwatch(name: string): void {
    this.#channels.value = this.#channels.value.filter((channel) => channel.name !== name);
    const subscription = this.#subscriptions.get(name);
    this.#subscriptions.delete(name);
    subscription?.close();
  }

  setFilter(events: ReadonlySet<string>): void {
    this.log.setFilter(events);
    this.painter.request();
  }

  clear(): void {
    this.log.clear();
    this.painter.request();
  }

  /** Forgets what was seen and watched, as for another reader. */
  reset(): void {
    for (const { name } of this.#channels.value) this.unwatch(name);
    this.#hasWatched = false;
    this.reader.resume();
    this.setFilter(new Set());
    this.clear();
  }

  /** Puts a line of its own among the events. */
  note(notice: Notice): void {
    this.#add({ kind: "notice", notice, time: this.#now() });
  }

  #subscribe(wire: Wire, name: string): void {
    const subscription = wire.subscribe(name);
    this.#subscriptions.set(name, subscription);
    subscription.on("event", (message) => {
      this.rates.add(this.#now());
      this.#add({ kind: "event", message });
    });
    subscription.on("gap", (message) => this.#add({ kind: "gap", message }));
    subscription.on("error", (error) => this.#report(name, error));
    subscription.on("state", (change) => {
      // A subscription that was let go of may still tell its end.
      if (this.#subscriptions.get(name) === subscription) this.#turn(name, change);
    });
  }

  #turn(name: string, { state, reason }: StateChange<SubscriptionState>): void {
    if (state === "live") this.#hasWatched = true;
    const fault = state === "refused" ? sentence(reason) : null;
    const next: Channel = { name, state: state === "closed" ? "pending" : state, fault };
    this.#channels.value = this.#channels.value.map((channel) =>
      channel.name === name ? next : channel,
    );
  }

  #report(channel: string, { code, message }: KeywireError): void {
    // That is the connection's to tell, once and not for each channel.
    if (!needsToken(code)) this.note({ level: "error", code, text: sentence(message), channel });
  }

  #add(entry: Entry): void {
    this.log.add(entry);
    this.painter.request();
  }
}

function pending(name: string): Channel {
  return { name, state: "pending", fault: null };
}
