import { Arrivals } from "./arrivals.js";
import { Departures } from "./departures.js";
import type { HandOut } from "./hand-out.js";
import { Looks } from "./looks.js";
import { Moves } from "./moves.js";
import type { Part } from "./part.js";
import type { Places, Segment } from "./places.js";
import type { Event, Standing, Worker } from "./ports.js";
import { Progress } from "./progress.js";
import { Rounds } from "./rounds.js";
import type { Sayings } from "./sayings.js";
import type { Shared } from "./shared.js";
import type { Unheard } from "./unheard.js";

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
  readonly #looks: Looks;
  readonly #progress: Progress<E>;
  readonly #arrivals: Arrivals<E>;
  readonly #departures: Departures<E>;
  readonly #rounds: Rounds;
  #problem: Error | undefined;
  #isLapsed = false;
  #purpose: "share" | "leave" = "share";
  #left: (() => void) | undefined;

  constructor(shared: Shared<E>, options: TenureOptions<E>) {
    const { ttl, unheard, handOut, sayings, worker } = options;
    this.#shared = shared;
    this.#options = options;
    const looks = new Looks(shared.ports, ttl);
    const progress = new Progress(shared, looks, unheard);
    this.#looks = looks;
    this.#progress = progress;
    this.#arrivals = new Arrivals(shared, { looks, unheard, handOut, worker });
    this.#departures = new Departures(shared, {
      looks,
      progress,
      handOut,
      sayings,
      finished: () => this.soon(),
      trouble: (error) => this.#note(error),
    });
    this.#rounds = new Rounds(shared.ports, looks.interval, () => this.#round());
  }

  get problem(): string | undefined {
    return this.#problem?.message;
  }

  /** Whether there are other gateways that keep events. */
  get hasCompany(): boolean {
    return (this.#looks.company ?? 0) > 1;
  }

  get gateways(): { readonly id: string; readonly parts: number }[] {
    return this.#looks.gateways;
  }

  isValid(): boolean {
    return this.#looks.isValid();
  }

  start(): void {
    this.#rounds.start();
  }

  /** Looks at once. */
  soon(): void {
    this.#rounds.soon();
  }

  /** Hands everything over; resolves when nothing is left. */
  leave(): Promise<void> {
    this.#purpose = "leave";
    this.#departures.leave();
    return new Promise((resolve) => {
      this.#left = resolve;
      this.soon();
    });
  }

  /** Lets go of what is left, as it is. */
  async abandon(): Promise<void> {
    this.close();
    try {
      await this.#departures.abandon(this.#ownParts());
    } catch (error) {
      // They run out by themselves.
      this.#note(error);
    }
  }

  close(): void {
    this.#rounds.close();
  }

  // Fences

  raised(places: Places, fence: string, segment: Segment): void {
    this.#departures.raised(places, fence, segment);
    this.#arrivals.raised(places, fence, segment);
  }

  passed(node: string, fence: string): void {
    this.#departures.passed(node, fence);
  }

  /** Something was done of a part on its way to another gateway. */
  settled(part: Part): void {
    this.#departures.settled(part);
  }

  // Looking

  /** @returns whether there is anything left to look for */
  async #round(): Promise<boolean> {
    try {
      await this.#look();
      this.#note(undefined);
    } catch (error) {
      this.#note(error);
    }
    if (!this.#isGone()) return true;
    this.#left?.();
    return false;
  }

  async #look(): Promise<void> {
    this.#noteLapse();
    await this.#departures.releaseFinished();
    const asked = this.#looks.ask();
    const renewals = this.#progress.of(this.#ownParts());
    const standing = await this.#shared.ports.store.sync(renewals, this.#purpose === "share");
    if (this.#rounds.isClosed) return;
    // Before what was seen makes the leases valid again.
    this.#noteLapse();
    const company = this.#looks.company;
    this.#looks.answered(standing, asked);
    this.#loseOthers(standing);
    this.#resume();
    this.#progress.trim(standing);
    if (this.#purpose === "share") await this.#share(standing);
    else await this.#departures.giveAway(this.#heldParts());
    this.#departures.keepGoing();
    if (company !== this.#looks.company) this.#greet(company === undefined);
  }

  async #share(standing: Standing): Promise<void> {
    const moves = new Moves(standing, this.#shared.ports.gatewayId);
    // Whoever comes back after a while sees first what has become of the others.
    const { isSteady } = this.#looks;
    const wanted = this.#shared.parts.filter(({ no, state }) => {
      return state === "standby" && moves.isToTake(no, isSteady);
    });
    if (wanted.length > 0) await this.#take(wanted);
    await this.#departures.giveAway(this.#heldParts().filter(({ no }) => moves.isToGive(no)));
  }

  async #take(wanted: readonly Part[]): Promise<void> {
    const taken = await this.#shared.ports.store.take(wanted.map(({ no }) => no));
    if (this.#rounds.isClosed || taken.length === 0) return;
    this.#arrivals.begin(taken);
    this.#options.sayings.due();
  }

  /** Others came or went. */
  #greet(isNew: boolean): void {
    this.#options.sayings.due();
    if (isNew) this.#options.sayings.call();
  }

  // Keeping

  /** What this gateway hands out, or has not let go of yet. */
  #ownParts(): Part[] {
    return this.#shared.parts.filter(({ state }) => state !== "standby");
  }

  #heldParts(): Part[] {
    return this.#shared.parts.filter(({ state }) => state === "held");
  }

  #noteLapse(): void {
    if (this.#isLapsed || this.isValid()) return;
    const own = this.#ownParts();
    if (own.length === 0) return;
    this.#isLapsed = true;
    this.#shared.ports.report.lapsed(own.length);
  }

  #loseOthers({ leases }: Standing): void {
    const byPart = new Map(leases.map((lease) => [lease.part, lease]));
    for (const part of this.#ownParts()) {
      const lease = byPart.get(part.no);
      const isOurs = lease?.holder === this.#shared.ports.gatewayId && lease.epoch === part.epoch;
      if (!isOurs) part.lose();
    }
  }

  #resume(): void {
    const now = this.#shared.ports.clock.now();
    const wasLapsed = this.#isLapsed;
    this.#isLapsed = false;
    for (const part of this.#ownParts()) {
      const isOpened = part.givesUpWaiting(now);
      if (wasLapsed || isOpened) this.#options.handOut.drain(part);
    }
  }

  #isGone(): boolean {
    return this.#purpose === "leave" && this.#ownParts().length === 0;
  }

  #note(cause: unknown): void {
    const error = cause === undefined || cause instanceof Error ? cause : new Error(String(cause));
    if (error?.message === this.#problem?.message) return;
    this.#problem = error;
    this.#shared.ports.report.trouble(error);
  }
}
