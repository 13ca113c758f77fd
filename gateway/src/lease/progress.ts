import { Heard } from "./heard.js";
import type { Looks } from "./looks.js";
import type { Part } from "./part.js";
import { type Event, PARTS, type Renewal, type Standing } from "./ports.js";
import type { Shared } from "./shared.js";
import type { Unheard } from "./unheard.js";

/** How long an event that has come may be held back before it is told, ms. */
const MAX_HOLDING = 3_000;

/**
 * Up to when all events are done: what this gateway's leases may say of that, and what is let go of
 * since the leases say so.
 */
export class Progress<E extends Event> {
  readonly #shared: Shared<E>;
  readonly #looks: Looks;
  readonly #unheard: Unheard;
  readonly #heard = new Heard();

  constructor(shared: Shared<E>, looks: Looks, unheard: Unheard) {
    this.#shared = shared;
    this.#looks = looks;
    this.#unheard = unheard;
  }

  /** What the leases of these parts, which are this gateway's, are to say. */
  of(parts: readonly Part[]): Renewal[] {
    const { clock, fences } = this.#shared.ports;
    this.#heard.note(clock.now(), fences.heardUntil());
    const isSound = this.isWhole() && !this.#isHeldBack();
    const renewals = parts.map((part) => ({
      part: part.no,
      epoch: part.epoch,
      done: isSound ? this.#doneOf(part) : undefined,
    }));
    this.#heard.forgetBefore(this.#oldest(parts) ?? clock.now());
    return renewals;
  }

  /** Whether all nodes are there, and what they may not have told has been told. */
  isWhole(): boolean {
    const { clock, fences } = this.#shared.ports;
    const now = clock.now();
    const nodes = fences.nodes();
    return nodes.length > 0 && nodes.every((node) => this.#unheard.isSound(node, now));
  }

  /** Lets go of what is done, and of nodes that are no more. */
  trim({ leases, now }: Pick<Standing, "leases" | "now">): void {
    const { backlog, parts } = this.#shared;
    let everywhere = Number.POSITIVE_INFINITY;
    for (const { part, done } of leases) {
      // Ahead of Redis' clock: another server's clock said so, or this one was set back.
      if (done > now) {
        everywhere = Number.NEGATIVE_INFINITY;
        continue;
      }
      const time = this.#looks.byOurs(done);
      everywhere = Math.min(everywhere, time);
      if (parts[part]?.state === "standby") backlog.trimBefore(part, time);
    }
    if (leases.length === PARTS) this.#unheard.forgetBefore(everywhere);
    this.#forgetNodes();
  }

  #forgetNodes(): void {
    const { backlog, places, ports } = this.#shared;
    const living = new Set(ports.fences.nodes().map(({ id }) => id));
    for (const [node, known] of places) {
      if (!living.has(node) && backlog.forgetNode(known)) places.delete(node);
    }
  }

  /**
   * Up to when all events of a part are done, by Redis' clock: what it was before the oldest came that is
   * not, since others may have had that one sooner, by as much as this gateway stood still.
   */
  #doneOf(part: Part): number | undefined {
    const oldest = this.#shared.backlog.oldest(part.no);
    const heard = oldest === undefined ? this.#heard.until : this.#heard.before(oldest);
    return heard === undefined ? undefined : this.#looks.byRedis(heard - MAX_HOLDING);
  }

  #oldest(parts: readonly Part[]): number | undefined {
    const all = parts.flatMap(({ no }) => this.#shared.backlog.oldest(no) ?? []);
    return all.length === 0 ? undefined : Math.min(...all);
  }

  /** What came before a fence that has not passed may still be held back. */
  #isHeldBack(): boolean {
    return this.#shared.ports.fences.nodes().some(({ id }) => {
      const places = this.#shared.places.get(id);
      return places !== undefined && places.current !== places.passed;
    });
  }
}
