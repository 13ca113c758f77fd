import type { HandOut } from "./hand-out.js";
import { type Boundary, parseBoundary } from "./handover.js";
import type { Looks } from "./looks.js";
import type { Part } from "./part.js";
import type { Places, Segment } from "./places.js";
import type { Event, Missed, Taken, Worker } from "./ports.js";
import type { Shared } from "./shared.js";
import type { Unheard } from "./unheard.js";

/** How long whoever takes a part over waits for the fences of the gateway that let it go, ms. */
const FENCE_TIMEOUT = 2_000;

export interface ArrivalsPorts<E extends Event> {
  readonly looks: Looks;
  readonly unheard: Unheard;
  readonly handOut: HandOut<E>;
  readonly worker: Worker<E>;
}

/** Parts that come to this gateway: each is handed out from where its last holder says that it ended. */
export class Arrivals<E extends Event> {
  readonly #shared: Shared<E>;
  readonly #ports: ArrivalsPorts<E>;

  constructor(shared: Shared<E>, ports: ArrivalsPorts<E>) {
    this.#shared = shared;
    this.#ports = ports;
  }

  /** These are this gateway's from now on. */
  begin(taken: readonly Taken[]): void {
    this.#tellMissed(taken);
    const parts = taken.flatMap((lease) => {
      const part = this.#shared.parts[lease.part];
      if (part !== undefined) this.#hold(part, lease);
      return part ?? [];
    });
    for (const part of parts) this.#ports.handOut.drain(part);
  }

  /** A fence was seen, which parts may have been waiting for. */
  raised(places: Places, fence: string, segment: Segment): void {
    for (const part of this.#shared.parts) {
      if (!part.awaits(places, fence)) continue;
      this.#shared.backlog.trim(part.no, places, segment);
      if (part.found(places)) this.#ports.handOut.drain(part);
    }
  }

  #hold(part: Part, { epoch, isNew, holder, handover }: Taken): void {
    const boundary = parseBoundary(handover);
    // One who took it and ended before the first renewal may have begun to hand out.
    const isClean = isNew || (boundary !== undefined && holder === undefined);
    part.hold(epoch, this.#shared.ports.clock.now(), isClean);
    for (const queue of this.#shared.backlog.queues(part.no)) queue.said = -1;
    if (boundary !== undefined) this.#beginAt(boundary, part);
  }

  /** Drops what the last holder has done, and waits where its fence was not seen yet. */
  #beginAt(boundary: Boundary, part: Part): void {
    const { backlog, places, ports } = this.#shared;
    const ready = this.#readyNodes();
    const living = new Set(ports.fences.nodes().map(({ id }) => id));
    const unseen = new Set<Places>();
    for (const known of places.values()) {
      const begin = beginOn(known, boundary);
      if (boundary.gone.includes(known.node)) {
        // One that is back has told more since, and nobody knows from where on.
        if (living.has(known.node)) part.doubt();
        else backlog.clear(part.no, known);
      } else if (begin !== undefined) backlog.trim(part.no, known, begin);
      else if (ready.has(known.node)) unseen.add(known);
      else part.doubt();
    }
    part.await(unseen, new Set(boundary.fences), ports.clock.now() + FENCE_TIMEOUT);
  }

  #readyNodes(): ReadonlySet<string> {
    const nodes = this.#shared.ports.fences.nodes();
    return new Set(nodes.filter(({ state }) => state === "ready").map(({ id }) => id));
  }

  #tellMissed(taken: readonly Taken[]): void {
    const { report } = this.#shared.ports;
    const old = taken.filter(({ isNew }) => !isNew);
    const abrupt = taken.filter(({ isNew, holder, handover }) => {
      return isNew || holder !== undefined || handover === "";
    });
    if (abrupt.length > 0) report.taken(abrupt.length);
    if (old.length === 0) return;
    const done = this.#ports.looks.byOurs(Math.min(...old.map((lease) => lease.done)));
    const parts = old.map(({ part }) => part);
    for (const { from, to, reason } of this.#ports.unheard.after(done)) {
      const missed: Missed = { parts, count: null, from, to, reason };
      report.missed(missed);
      this.#ports.worker.missed(missed);
    }
  }
}

/** From where on events are the next holder's; undefined where that was not seen yet. */
function beginOn(places: Places, { fences }: Boundary): Segment | undefined {
  for (const fence of fences) {
    const segment = places.find(fence);
    if (segment !== undefined) return segment;
  }
  return undefined;
}
