/**
 * What waits for one client.
 *
 * States: `idle` (nothing waits), `due` (something waits for the end of the turn, in its queue), `blocked`
 * (the transport does not keep up: everything waits here until it does), `closed`.
 *
 * Bound: bytes. Over it, policy `gap` drops the messages of channels, which the client is told (see
 * `shed`), the newest ones last; policy `disconnect` gives the client up. What cannot be dropped,
 * such as answers to a client that reads none of them, has the same bound, and over it the client is
 * given up in any case.
 */

import type { Outgoing, Transport } from "./ports.js";
import { channelsOf, ownBytes, shed } from "./shed.js";
import type { TurnQueue } from "./turn-queue.js";

/** Bytes handed to a transport at a time, so that it can push back before it holds a whole outbox. */
const SLICE_BYTES = 64 * 1_024;

/** What all outboxes share. */
export interface OutboxPorts {
  readonly limit: number;
  readonly policy: "gap" | "disconnect";
  readonly turn: TurnQueue;
  dropped(count: number): void;
  sent(bytes: number): void;
}

/** Who has all of a channel told anew. */
export interface Resyncer {
  /** @returns false where the channel has no snapshots */
  resync(channel: string): boolean;
}

/** Of all outboxes in which nothing waits. */
const NOTHING: Outgoing[] = [];

export class Outbox {
  #state: "idle" | "due" | "blocked" | "closed" = "idle";
  /** While it is due: its place in the turn's queue. */
  #place = 0;
  /** Of all that waits. */
  #bytes = 0;
  /** While it is blocked. */
  #queue: Outgoing[] = NOTHING;
  readonly #transport: Transport;
  readonly #ports: OutboxPorts;
  readonly #resyncer: Resyncer;
  #dropped = 0;
  /** Channels of which the client did not get it all, since it last kept up; most clients have none. */
  #lost: Set<string> | undefined;

  constructor(transport: Transport, ports: OutboxPorts, resyncer: Resyncer) {
    this.#transport = transport;
    this.#ports = ports;
    this.#resyncer = resyncer;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** See `Transport`. */
  lookAhead(): number {
    return this.#transport.lookAhead?.() ?? 0;
  }

  /** @returns false where the client is to be given up: it does not read, and the bound is reached */
  push(item: Outgoing): boolean {
    switch (this.#state) {
      case "closed":
        return true;
      case "idle":
        this.#state = "due";
        this.#place = this.#ports.turn.begin(this, item);
        break;
      case "due":
        this.#ports.turn.add(this.#place, item);
        break;
      case "blocked":
        if (this.#queue === NOTHING) this.#queue = [item];
        else this.#queue.push(item);
    }
    this.#bytes += item.bytes;
    return this.#bytes <= this.#ports.limit || this.#relieve();
  }

  /** Sends what waits, as far as the transport keeps up. */
  flush(): void {
    if (this.#state === "due") this.#send();
  }

  /** The transport keeps up again. */
  drained(): void {
    if (this.#state !== "blocked") return;
    this.#converge();
    this.#send();
  }

  /** Where all of a channel comes anew behind its gap, the gap counts what waits behind it as well. */
  #converge(): void {
    if (this.#lost === undefined) return;
    const lost = [...this.#lost];
    this.#lost = undefined;
    const renewed = new Set(lost.filter((channel) => this.#resyncer.resync(channel)));
    if (renewed.size > 0) this.#replace(shed(this.#queue, renewed), []);
  }

  /** Forgets what waits; nothing is sent any more. */
  close(): void {
    this.#state = "closed";
    this.#queue = NOTHING;
    this.#bytes = 0;
    this.#lost = undefined;
  }

  #send(): void {
    // What was just done may have ended the session.
    if (this.#state === "closed") return;
    const items = this.#state === "due" ? this.#ports.turn.take(this.#place) : this.#queue;
    // Until the transport has taken it, what comes stands behind it.
    this.#state = "blocked";
    if (this.#bytes > SLICE_BYTES) this.#queue = items;
    else {
      this.#queue = NOTHING;
      if (items.length > 0 && !this.#pass(items, this.#bytes)) return;
    }
    while (this.#queue.length > 0) if (!this.#passSlice()) return;
    if (!this.isClosed) this.#state = "idle";
  }

  #passSlice(): boolean {
    const queue = this.#queue;
    let count = 0;
    let bytes = 0;
    for (; count < queue.length && bytes < SLICE_BYTES; count++) bytes += queue[count]?.bytes ?? 0;
    this.#queue = queue.slice(count);
    return this.#pass(queue.slice(0, count), bytes);
  }

  /** @returns whether the transport takes more */
  #pass(items: readonly Outgoing[], bytes: number): boolean {
    this.#bytes -= bytes;
    this.#ports.sent(bytes);
    return this.#transport.send(items);
  }

  /** Comes back within the bound; false where it cannot. */
  #relieve(): boolean {
    this.flush();
    const { limit, policy } = this.#ports;
    if (this.#bytes <= limit) return true;
    if (policy === "disconnect") return false;
    this.#lost = new Set([...(this.#lost ?? []), ...channelsOf(this.#queue)]);
    const newest = this.#queue.slice(-1);
    this.#replace(shed(this.#queue.slice(0, -1)), newest);
    if (this.#bytes > limit) this.#replace(shed(this.#queue), []);
    return ownBytes(this.#queue) <= limit;
  }

  #replace({ queue, dropped }: ReturnType<typeof shed>, behind: readonly Outgoing[]): void {
    this.#queue = [...queue, ...behind];
    this.#bytes = this.#queue.reduce((bytes, item) => bytes + item.bytes, 0);
    this.#dropped += dropped;
    if (dropped > 0) this.#ports.dropped(dropped);
  }
}
