import type { Timer } from "@keywire/shared";
import { assign } from "./assign.js";
import type { HandOut } from "./hand-out.js";
import { type Boundary, encodeBoundary, Handover, parseBoundary } from "./handover.js";
import type { Part } from "./part.js";
import type { Places, Segment } from "./places.js";
import {
  type Event,
  type Lease,
  type Missed,
  PARTS,
  type Release,
  type Renewal,
  type Standing,
  type Taken,
  type Worker,
} from "./ports.js";
import type { Sayings } from "./sayings.js";
import type { Shared } from "./shared.js";
import type { Unheard } from "./unheard.js";

/** How many looks there are in the life of a lease. */
const LOOKS_PER_TTL = 4;
/** The share of a lease's life that is not relied on. */
const MARGIN = 1 / 8;
/** How long an event may be under way from Redis to here before its link is given up, ms. */
const MAX_DELAY = 3_000;
/** How long a handover may take before the parts are kept after all, ms; and until the next attempt. */
const HANDOVER_TIMEOUT = 10_000;
/** How long whoever takes a part over waits for the fences of the gateway that let it go, ms. */
const FENCE_TIMEOUT = 2_000;

export interface TenureOptions<E extends Event> {
  readonly ttl: number;
  readonly unheard: Unheard;
  readonly handOut: HandOut<E>;
  readonly sayings: Sayings<E>;
  readonly worker: Worker<E>;
}

/**
 * The leases of this gateway: looks at them all a few times in a lease's life, renews its own, takes
 * what is free and meant for it, and hands over what is meant for another gateway.
 */
export class Tenure<E extends Event> {
  readonly #shared: Shared<E>;
  readonly #options: TenureOptions<E>;
  readonly #interval: number;
  /** Until when the leases hold, by the clock that nobody sets. */
  #validUntil = Number.NEGATIVE_INFINITY;
  #standing: Standing | undefined;
  /** By how much Redis' clock is ahead of ours: at least, and at most, ms. */
  #ahead = { least: 0, most: 0 };
  #lastLook = Number.NEGATIVE_INFINITY;
  /** Since when looks have followed each other as they should. */
  #lookingSince = Number.NEGATIVE_INFINITY;
  #handover: Handover | undefined;
  #noHandoverBefore = 0;
  #problem: Error | undefined;
  #isLapsed = false;
  #timer: Timer | undefined;
  #state: "idle" | "waiting" | "looking" | "looking once more" | "closed" = "idle";
  #purpose: "share" | "leave" = "share";
  #left: (() => void) | undefined;

  constructor(shared: Shared<E>, options: TenureOptions<E>) {
    this.#shared = shared;
    this.#options = options;
    this.#interval = options.ttl / LOOKS_PER_TTL;
  }

  get problem(): string | undefined {
    return this.#problem?.message;
  }

  /** Whether there are other gateways that keep events. */
  get hasCompany(): boolean {
    return (this.#standing?.gateways.length ?? 0) > 1;
  }

  get gateways(): { readonly id: string; readonly parts: number }[] {
    const { gateways = [], leases = [] } = this.#standing ?? {};
    return gateways.map((id) => {
      const held = leases.filter((lease) => lease.holder === id && !lease.isExpired);
      return { id, parts: held.length };
    });
  }

  isValid(): boolean {
    return this.#shared.ports.monotonic() < this.#validUntil;
  }

  start(): void {
    if (this.#state !== "idle") return;
    this.#state = "waiting";
    this.soon();
  }

  /** Looks at once. */
  soon(): void {
    if (this.#state === "looking") this.#state = "looking once more";
    if (this.#state !== "waiting") return;
    this.#timer?.cancel();
    void this.#run();
  }

  /** Hands everything over; resolves when nothing is left. */
  leave(): Promise<void> {
    this.#purpose = "leave";
    this.#noHandoverBefore = 0;
    return new Promise((resolve) => {
      this.#left = resolve;
      this.soon();
    });
  }

  /** Lets go of what is left, as it is. */
  async abandon(): Promise<void> {
    this.close();
    const held = this.#shared.parts.filter(({ state }) => state !== "standby");
    if (held.length === 0) return;
    const releases = held.map((part) => this.#releaseOf(part, ""));
    for (const part of held) part.lose();
    try {
      await this.#shared.ports.store.release(releases);
    } catch (error) {
      // They run out by themselves.
      this.#note(error);
    }
  }

  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
  }

  // Fences

  raised(places: Places, fence: string, segment: Segment): void {
    this.#handover?.raised(places, fence, segment);
    for (const part of this.#shared.parts) {
      if (!part.awaits(places, fence)) continue;
      this.#shared.backlog.trim(part.no, places, segment);
      if (part.found(places)) this.#options.handOut.drain(part);
    }
  }

  passed(node: string, fence: string): void {
    const handover = this.#handover;
    if (!handover?.passed(node, fence)) return;
    for (const part of this.#shared.parts) if (part.handover === handover) this.settled(part);
  }

  /** Something was done of a part on its way to another gateway. */
  settled(part: Part): void {
    if (this.#isFinished(part)) this.soon();
  }

  // Looking

  async #run(): Promise<void> {
    this.#state = "looking";
    const began = this.#shared.ports.monotonic();
    try {
      await this.#look();
      this.#note(undefined);
    } catch (error) {
      this.#note(error);
    }
    if (this.#isClosed()) return;
    const isAskedAgain = this.#isAskedAgain();
    this.#state = "waiting";
    if (this.#isGone()) {
      this.#left?.();
      return;
    }
    const took = this.#shared.ports.monotonic() - began;
    const delay = isAskedAgain ? 0 : Math.max(0, this.#interval - took);
    this.#timer = this.#shared.ports.clock.after(delay, () => void this.#run());
  }

  async #look(): Promise<void> {
    this.#noteLapse();
    await this.#releaseFinished();
    const { clock, monotonic, store } = this.#shared.ports;
    const asked = monotonic();
    const askedAt = clock.now();
    const standing = await store.sync(this.#renewals(), this.#purpose === "share");
    if (this.#isClosed()) return;
    this.#ahead = { least: standing.now - clock.now(), most: standing.now - askedAt };
    const company = this.#standing?.gateways.length;
    this.#standing = standing;
    if (asked - this.#lastLook > this.#interval * 2.5) this.#lookingSince = asked;
    this.#lastLook = asked;
    this.#noteLapse();
    this.#loseOthers(standing);
    this.#validUntil = asked + this.#options.ttl * (1 - MARGIN);
    this.#resume();
    this.#trim(standing);
    if (this.#purpose === "leave") {
      if (this.#handover === undefined) await this.#giveAway(this.#heldParts());
    } else {
      // Whoever comes back after a while sees first what has become of the others.
      const isSteady = asked - this.#lookingSince >= this.#interval * 0.9;
      await this.#share(standing, isSteady);
    }
    this.#keepHandoverGoing();
    if (company !== standing.gateways.length) {
      this.#options.sayings.due();
      if (company === undefined) this.#call();
    }
  }

  async #share(standing: Standing, isSteady: boolean): Promise<void> {
    const me = this.#shared.ports.gatewayId;
    const leases = byPart(standing.leases);
    const holders = leases.map((lease) => lease?.holder);
    const targets = assign(standing.gateways, holders);
    const wanted = this.#shared.parts.filter(({ no, state }) => {
      return state === "standby" && targets[no] === me && isFree(leases[no], me, isSteady);
    });
    if (wanted.length > 0) await this.#take(wanted);
    const given = this.#heldParts().filter(({ no }) => targets[no] !== me && holders[no] === me);
    if (given.length > 0 && this.#handover === undefined) await this.#giveAway(given);
  }

  #heldParts(): Part[] {
    return this.#shared.parts.filter(({ state }) => state === "held");
  }

  // Keeping

  #renewals(): Renewal[] {
    const isSound = this.#isSound();
    return this.#shared.parts
      .filter(({ state }) => state !== "standby")
      .map((part) => ({
        part: part.no,
        epoch: part.epoch,
        done: isSound ? this.#doneOf(part) : undefined,
      }));
  }

  /**
   * Up to when all events of a part are done, by Redis' clock. One that Redis raised may not have
   * come yet, and others may have had it sooner.
   */
  #doneOf(part: Part): number {
    const now = this.#shared.ports.clock.now();
    const oldest = this.#shared.backlog.oldest(part.no) ?? now;
    return Math.floor(Math.min(oldest, now) - MAX_DELAY + this.#ahead.least);
  }

  /** Whether everything has been told lately: no node is away, none was a moment ago, and we neither. */
  #isSound(): boolean {
    const { fences, monotonic } = this.#shared.ports;
    const isAwake = monotonic() - this.#lastLook < this.#interval + MAX_DELAY / 2;
    // What came before a fence that has not passed may still be held back.
    const isHeldBack = fences.nodes().some(({ id }) => {
      const places = this.#shared.places.get(id);
      return places !== undefined && places.current !== places.passed;
    });
    return isAwake && this.#isWhole() && !isHeldBack;
  }

  /** Whether all nodes are there, and what they may not have told has been told. */
  #isWhole(): boolean {
    const { clock, fences } = this.#shared.ports;
    const now = clock.now();
    const nodes = fences.nodes();
    return nodes.length > 0 && nodes.every((node) => this.#options.unheard.isSound(node, now));
  }

  #noteLapse(): void {
    if (this.#isLapsed || this.isValid()) return;
    const held = this.#shared.parts.filter(({ state }) => state !== "standby");
    if (held.length === 0) return;
    this.#isLapsed = true;
    this.#shared.ports.report.lapsed(held.length);
  }

  #loseOthers({ leases }: Standing): void {
    const table = byPart(leases);
    for (const part of this.#shared.parts) {
      if (part.state === "standby") continue;
      const lease = table[part.no];
      const isOurs = lease?.holder === this.#shared.ports.gatewayId && lease.epoch === part.epoch;
      if (!isOurs) part.lose();
    }
  }

  #resume(): void {
    const now = this.#shared.ports.clock.now();
    const wasLapsed = this.#isLapsed;
    this.#isLapsed = false;
    for (const part of this.#shared.parts) {
      const isOpened = part.givesUpWaiting(now);
      if (part.state !== "standby" && (wasLapsed || isOpened)) this.#options.handOut.drain(part);
    }
  }

  /** Lets go of what is done, and of nodes that are no more. */
  #trim({ leases }: Standing): void {
    const { backlog, parts, places, ports } = this.#shared;
    let everywhere = Number.POSITIVE_INFINITY;
    for (const { part, done } of leases) {
      const time = done - this.#ahead.most;
      everywhere = Math.min(everywhere, time);
      if (parts[part]?.state === "standby") backlog.trimBefore(part, time);
    }
    if (leases.length === PARTS) this.#options.unheard.forgetBefore(everywhere);
    const living = new Set(ports.fences.nodes().map(({ id }) => id));
    for (const [node, known] of places) {
      if (!living.has(node) && backlog.forgetNode(known)) places.delete(node);
    }
  }

  // Taking

  async #take(wanted: readonly Part[]): Promise<void> {
    const taken = await this.#shared.ports.store.take(wanted.map(({ no }) => no));
    if (this.#isClosed() || taken.length === 0) return;
    this.#tellMissed(taken);
    const parts = taken.flatMap((lease) => {
      const part = this.#shared.parts[lease.part];
      if (part !== undefined) this.#hold(part, lease);
      return part ?? [];
    });
    for (const part of parts) this.#options.handOut.drain(part);
    this.#options.sayings.due();
  }

  #hold(part: Part, { epoch, isNew, holder, handover }: Taken): void {
    const boundary = parseBoundary(handover);
    // One who took it and ended before the first renewal may have begun to hand out.
    const isClean = isNew || (boundary !== undefined && holder === undefined);
    part.hold(epoch, isClean ? 0 : this.#shared.backlog.seq);
    for (const queue of this.#shared.backlog.queues(part.no)) queue.said = -1;
    if (boundary === undefined) return;
    const { clock, fences } = this.#shared.ports;
    const unseen = new Set<Places>();
    const ready = new Set(
      fences
        .nodes()
        .filter(({ state }) => state === "ready")
        .map(({ id }) => id),
    );
    for (const places of this.#shared.places.values()) {
      const begin = beginOn(places, boundary);
      if (boundary.gone.includes(places.node)) this.#shared.backlog.clear(part.no, places);
      else if (begin !== undefined) this.#shared.backlog.trim(part.no, places, begin);
      else if (ready.has(places.node)) unseen.add(places);
    }
    part.await(unseen, new Set(boundary.fences), clock.now() + FENCE_TIMEOUT);
  }

  #tellMissed(taken: readonly Taken[]): void {
    const { report } = this.#shared.ports;
    const old = taken.filter(({ isNew }) => !isNew);
    const abrupt = taken.filter(({ isNew, holder, handover }) => {
      return isNew || holder !== undefined || handover === "";
    });
    if (abrupt.length > 0) report.taken(abrupt.length);
    if (old.length === 0) return;
    const done = Math.min(...old.map((lease) => lease.done)) - this.#ahead.most;
    const parts = old.map(({ part }) => part);
    for (const { from, to, reason } of this.#options.unheard.after(done)) {
      const missed: Missed = { parts, count: null, from, to, reason };
      report.missed(missed);
      this.#options.worker.missed(missed);
    }
  }

  // Handing over

  async #giveAway(parts: readonly Part[]): Promise<void> {
    const now = this.#shared.ports.clock.now();
    if (parts.length === 0 || now < this.#noHandoverBefore || !this.isValid()) return;
    // Whose events were lost meanwhile would not be known to either side.
    if (!this.#isWhole()) return;
    const handover = new Handover(now);
    this.#handover = handover;
    for (const part of parts) part.giveAway(handover);
    await this.#fence(handover);
  }

  /** Raises the handover's fence on the nodes that have none yet. */
  async #fence(handover: Handover): Promise<void> {
    const missing = this.#shared.ports.fences.nodes().filter(({ id }) => !handover.has(id));
    await Promise.all(
      missing.map(({ id }) => {
        const { id: fence, raised } = this.#options.sayings.raise(id, false);
        handover.raise(id, fence);
        return raised.catch((error) => {
          handover.forget(id);
          throw error;
        });
      }),
    );
  }

  #keepHandoverGoing(): void {
    const handover = this.#handover;
    if (handover === undefined) return;
    const now = this.#shared.ports.clock.now();
    const parts = this.#shared.parts.filter((part) => part.handover === handover);
    if (parts.length === 0) this.#handover = undefined;
    else if (this.#isOverdue(handover, now)) {
      this.#handover = undefined;
      this.#noHandoverBefore = now + HANDOVER_TIMEOUT;
      for (const part of parts) {
        part.keep();
        this.#options.handOut.drain(part);
      }
    } else {
      this.#fence(handover).catch((error) => this.#note(error));
      if (parts.some((part) => this.#isFinished(part))) this.soon();
    }
  }

  /** One whose parts may have been let go of already cannot be taken back. */
  #isOverdue({ began, isReleasing }: Handover, now: number): boolean {
    return this.#purpose === "share" && !isReleasing && now - began > HANDOVER_TIMEOUT;
  }

  /** Whether all that stands before the handover's fences is done. */
  #isFinished(part: Part): boolean {
    const handover = part.handover;
    if (handover === undefined || !handover.isDrawn(this.#shared.ports.fences.nodes()))
      return false;
    return this.#shared.backlog.queues(part.no).every(({ places, oldest }) => {
      const stop = handover.stops.get(places);
      return oldest === undefined || (stop !== undefined && oldest.no >= stop.no);
    });
  }

  async #releaseFinished(): Promise<void> {
    const finished = this.#shared.parts.filter((part) => this.#isFinished(part));
    if (finished.length === 0) return;
    const living = new Set(this.#shared.ports.fences.nodes().map(({ id }) => id));
    const gone = [...this.#shared.places.keys()].filter((node) => !living.has(node));
    const releases = finished.map((part) => {
      const boundary = part.handover?.boundary(gone);
      return this.#releaseOf(part, boundary === undefined ? "" : encodeBoundary(boundary));
    });
    if (this.#handover !== undefined) this.#handover.isReleasing = true;
    await this.#shared.ports.store.release(releases);
    for (const part of finished) part.lose();
    if (!this.#shared.parts.some(({ state }) => state === "leaving")) this.#handover = undefined;
    this.#call();
  }

  #releaseOf(part: Part, handover: string): Release {
    const began = part.handover?.began;
    const isClean = handover !== "" && began !== undefined;
    const done = isClean
      ? Math.floor(began + this.#ahead.least)
      : this.#isSound()
        ? this.#doneOf(part)
        : undefined;
    return { part: part.no, epoch: part.epoch, done, handover };
  }

  /** Has the other gateways look at once. */
  #call(): void {
    const node = this.#shared.ports.fences.nodes().find(({ state }) => state === "ready");
    if (node === undefined) return;
    // Without it they look a moment later.
    this.#options.sayings.raise(node.id, true).raised.catch(() => {});
  }

  #isGone(): boolean {
    return (
      this.#purpose === "leave" && this.#shared.parts.every(({ state }) => state === "standby")
    );
  }

  #note(cause: unknown): void {
    const error = cause === undefined || cause instanceof Error ? cause : new Error(String(cause));
    if (error?.message === this.#problem?.message) return;
    this.#problem = error;
    this.#shared.ports.report.trouble(error);
  }

  // The state changes while a look is awaited.

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #isAskedAgain(): boolean {
    return this.#state === "looking once more";
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

function byPart(leases: readonly Lease[]): (Lease | undefined)[] {
  const table = Array<Lease | undefined>(PARTS).fill(undefined);
  for (const lease of leases) table[lease.part] = lease;
  return table;
}

/** @param isSteady whether this gateway has seen for a while who else is there */
function isFree(lease: Lease | undefined, me: string, isSteady: boolean): boolean {
  if (lease === undefined || lease.holder === undefined || lease.holder === me) return true;
  return lease.isExpired && isSteady;
}
