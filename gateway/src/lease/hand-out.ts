import type { Clock, Timer } from "@keywire/shared";
import type { Backlog } from "./backlog.js";
import type { Part } from "./part.js";
import type { Places, Segment } from "./places.js";
import type { Event, LeaseReport, Worker } from "./ports.js";
import type { Entry } from "./queue.js";

/** Kept events handed out in one turn of the event loop. */
const BATCH = 500;

export interface HandOutPorts<E extends Event> {
  readonly worker: Worker<E>;
  readonly clock: Clock;
  readonly report: LeaseReport;
  /** Whether the leases hold at this very moment: a gateway may have stood still since it looked. */
  isValid(): boolean;
  /** An event of a part that another gateway is to have is done. */
  settled(part: Part): void;
}

/**
 * Hands events to the worker: at once where the part is held and nothing of it waits, else in their
 * order as soon as may be.
 */
export class HandOut<E extends Event> {
  readonly #ports: HandOutPorts<E>;
  readonly #backlog: Backlog<E>;
  readonly #draining = new Set<Part>();
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(backlog: Backlog<E>, ports: HandOutPorts<E>) {
    this.#backlog = backlog;
    this.#ports = ports;
  }

  receive(part: Part, places: Places, segment: Segment, event: E): void {
    const entry = this.#backlog.add(part.no, places, segment, event);
    if (entry === undefined || !part.isOpen) return;
    if (this.#next(part) === entry && this.#ports.isValid()) this.#give(part, entry);
  }

  /** Hands out what waits of a part, a batch now and the rest in turns of their own. */
  drain(part: Part): void {
    if (!this.#handOut(part)) return;
    this.#draining.add(part);
    this.#timer ??= this.#ports.clock.after(0, this.#goOn);
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#draining.clear();
  }

  readonly #goOn = (): void => {
    this.#timer = undefined;
    const parts = [...this.#draining];
    this.#draining.clear();
    for (const part of parts) this.drain(part);
  };

  /** @returns whether there is more */
  #handOut(part: Part): boolean {
    if (!this.#mayGive(part)) return false;
    this.#tellOverflow(part);
    for (let count = 0; count < BATCH; count++) {
      const entry = this.#mayGive(part) ? this.#next(part) : undefined;
      if (entry === undefined) return false;
      this.#give(part, entry);
    }
    return true;
  }

  #mayGive(part: Part): boolean {
    return this.#state === "open" && part.isOpen && this.#ports.isValid();
  }

  #next(part: Part): Entry<E> | undefined {
    return this.#backlog.next(part.no, part.handover?.stops);
  }

  #give(part: Part, entry: Entry<E>): void {
    const { worker, report } = this.#ports;
    this.#backlog.take(entry);
    const done = () => {
      this.#backlog.finish(entry);
      if (part.handover !== undefined) this.#ports.settled(part);
    };
    const mayBeRepeat = part.mayRepeat(entry.event.receivedAt);
    if (mayBeRepeat) report.repeated();
    try {
      worker.take(entry.event, done, mayBeRepeat);
    } catch (error) {
      report.fault(error);
      done();
    }
  }

  #tellOverflow(part: Part): void {
    const overflow = this.#backlog.overflowOf(part.no);
    if (overflow === undefined) return;
    const { worker, report } = this.#ports;
    const missed = { parts: [part.no], reason: "overflow", ...overflow } as const;
    report.missed(missed);
    worker.missed(missed);
  }
}
