import type { Clock, Timer } from "@keywire/shared";
import { type Flight, Flights } from "../flights.js";
import { type Ask, type Layout, type Reply, ReplyError, type Store } from "../ports.js";
import { Errand } from "./errand.js";
import { Lane } from "./lane.js";
import { redirectOf } from "./redirect.js";
import type { Credentials, Endpoint } from "./socket.js";

/** How long an ask may take, failovers and moving slots included, ms. */
export const DEFAULT_READ_TIMEOUT = 5_000;
/** ms before what could not be asked is tried again */
const RETRY_DELAY = 100;
/** ms from one look at the deployment to the next at the least */
const LOOK_PAUSE = 20;
const CLOSED = "the gateway is closing";
const OUTDATED = "the Redis nodes have changed, and are looked for";
/** Looks at the deployment that may wait: they all share one. */
const LOOKS = 1;

/** Where the primaries are and what they own, at one moment. */
export interface Whereabouts {
  readonly primaries: ReadonlyMap<string, Endpoint>;
  ownerOf(slot: number): string | undefined;
  /** Equal where nothing differs. */
  readonly signature: string;
  /** Slots on their way from one primary to another. */
  readonly migrations: readonly unknown[];
}

export interface RedisStoreOptions {
  readonly credentials: Credentials;
  /** Keys are shared out among primaries, and move between them: a cluster. */
  readonly sharded: boolean;
  /** Finds out who the primaries are. @throws Error where nobody answers */
  readonly locate: () => Promise<Whereabouts>;
  readonly slotOf: (key: Uint8Array) => number;
  readonly clock: Clock;
  /** How long an ask may take, failovers and moving slots included, ms; 5 s where absent. */
  readonly timeout?: number;
}

/**
 * Redis as a store: one connection to each primary that is asked, for all databases. Follows keys
 * that move, asks again where a node fails, and gives up when its time is over.
 */
export class RedisStore implements Store {
  readonly #options: RedisStoreOptions;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  readonly #looks: Flights<undefined, Whereabouts>;
  #where: Whereabouts | undefined;
  /** How often it was told that the primaries are others, and how often the newest look had been by then. */
  #changes = 0;
  #seen = 0;
  /** Why the last look failed. */
  #problem = new Error("the Redis nodes have not been looked for yet");
  #state: "open" | "closed" = "open";
  /** What waits for the next try. */
  #resting: Errand[] = [];
  #retry: Timer | undefined;
  /** The look that is to begin when its time has come. */
  #nextLook: { readonly timer: Timer; readonly begin: () => void } | undefined;
  /** When the last look began, ms since the Unix epoch. */
  #lookedAt = 0;
  #interruptions = 0;
  readonly #unsent = new Set<Lane>();

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#clock = options.clock;
    const schedule = (look: () => void) => this.#scheduleLook(look);
    this.#looks = new Flights(schedule, LOOKS, ([flight]) => {
      if (flight !== undefined)
        this.#look().then(flight.land, (error) => this.#lookFailed(flight, error));
    });
  }

  send(asks: readonly Ask[]): void {
    const { timeout = DEFAULT_READ_TIMEOUT } = this.#options;
    const deadline = this.#clock.now() + timeout;
    for (const ask of asks) this.#dispatch(new Errand(ask, deadline));
  }

  async layout(as: "known" | "fresh"): Promise<Layout> {
    const known = as === "known" && !this.#isOutdated ? this.#where : undefined;
    const { primaries, signature, migrations } = known ?? (await this.#freshLook());
    const moves = migrations.length > 0 ? "moving" : "settled";
    return {
      primaries: [...primaries.keys()],
      signature,
      moves: this.#options.sharded ? moves : "never",
    };
  }

  get interruptions(): number {
    return this.#interruptions;
  }

  /**
   * Looks again who the primaries are: call it when a topology change is known. What is asked from here on
   * waits for that: who was a primary may go on answering, and know nothing of what happens.
   */
  refresh(): void {
    this.#changes++;
    this.#lookAgain();
  }

  close(): void {
    this.#state = "closed";
    this.#retry?.cancel();
    // Whoever waits for it is told that there will be none.
    this.#nextLook?.timer.cancel();
    this.#nextLook?.begin();
    for (const [address, lane] of this.#lanes) this.#dismiss(address, lane);
    for (const errand of this.#resting.splice(0)) errand.giveUp();
  }

  get #isOutdated(): boolean {
    return this.#seen !== this.#changes;
  }

  #lookAgain(): void {
    // A look that fails is followed by others as long as something waits for it.
    if (this.#state === "open") this.#freshLook().catch(() => {});
  }

  #freshLook(): Promise<Whereabouts> {
    return this.#looks.join("", undefined);
  }

  /** A storm of MOVED must not become one of looks. */
  #scheduleLook(look: () => void): void {
    const begin = () => {
      this.#nextLook = undefined;
      look();
    };
    const delay = Math.max(0, this.#lookedAt + LOOK_PAUSE - this.#clock.now());
    if (this.#state === "closed") queueMicrotask(look);
    else this.#nextLook = { begin, timer: this.#clock.after(delay, begin) };
  }

  async #look(): Promise<Whereabouts> {
    if (this.#state === "closed") throw new Error(CLOSED);
    this.#lookedAt = this.#clock.now();
    const changes = this.#changes;
    const where = await this.#options.locate();
    const isAwaited = this.#where === undefined || this.#isOutdated;
    const former = addressesOf(this.#where);
    this.#where = where;
    this.#seen = changes;
    const addresses = addressesOf(where);
    for (const [address, lane] of this.#lanes) {
      if (addresses.has(address)) continue;
      // What a node still owes that is no primary any more is asked of another one.
      if (lane.isIdle || former.has(address)) this.#dismiss(address, lane);
    }
    // Other looks do not: a node that refuses is tried again after a while, not at once.
    if (isAwaited) this.#resume();
    return where;
  }

  #lookFailed(flight: Flight<undefined, Whereabouts>, error: Error): void {
    this.#problem = error;
    flight.crash(error);
  }

  // Errands

  #dispatch(errand: Errand): void {
    if (this.#state === "closed") {
      this.#rest(errand, new Error(CLOSED));
      return;
    }
    const endpoint = this.#endpointFor(errand.ask.to);
    if (!(endpoint instanceof Error)) this.#sendTo(endpoint, errand, false);
    // Keys find a new owner; a node that is gone stays so.
    else if ("node" in errand.ask.to && this.#where !== undefined && !this.#isOutdated)
      errand.ask.failed(endpoint);
    else this.#rest(errand, endpoint);
  }

  #endpointFor(to: Ask["to"]): Endpoint | Error {
    if (this.#where === undefined) return this.#problem;
    if (this.#isOutdated) return new Error(OUTDATED);
    if ("node" in to) {
      return this.#where.primaries.get(to.node) ?? new Error(`${to.node} is no primary any more`);
    }
    const slot = this.#options.slotOf(to.key);
    const owner = this.#where.primaries.get(this.#where.ownerOf(slot) ?? "");
    return owner ?? new Error(`no primary owns slot ${slot}`);
  }

  #sendTo(endpoint: Endpoint, errand: Errand, asking: boolean): void {
    const lane = this.#laneTo(endpoint);
    lane.add({
      db: errand.ask.db,
      commands: errand.commands(asking),
      weight: errand.ask.weight,
      answered: (replies) => this.#answered(endpoint, errand, errand.read(replies, asking)),
      failed: (error) => this.#failed(errand, error),
    });
    // What is sent on in this turn leaves together.
    if (this.#unsent.size === 0) queueMicrotask(() => this.#flush());
    this.#unsent.add(lane);
  }

  #flush(): void {
    const lanes = [...this.#unsent];
    this.#unsent.clear();
    for (const lane of lanes) lane.flush();
  }

  #laneTo(endpoint: Endpoint): Lane {
    const address = addressOf(endpoint);
    const open = this.#lanes.get(address);
    if (open !== undefined) return open;
    const lane = new Lane(endpoint, this.#options.credentials, this.#clock, () => {
      if (this.#lanes.get(address) !== lane) return;
      this.#lanes.delete(address);
      this.#interruptions++;
      this.#lookAgain();
    });
    this.#lanes.set(address, lane);
    return lane;
  }

  #dismiss(address: string, lane: Lane): void {
    this.#lanes.delete(address);
    lane.close();
  }

  #answered(from: Endpoint, errand: Errand, outcome: readonly Reply[] | ReplyError): void {
    const error = outcome instanceof ReplyError ? outcome : outcome[0];
    if (!(error instanceof ReplyError)) {
      errand.ask.answered(outcome as readonly Reply[]);
      return;
    }
    const redirect = redirectOf(error, from.host);
    switch (redirect.kind) {
      case "none":
        if (outcome instanceof ReplyError) errand.ask.failed(outcome);
        else errand.ask.answered(outcome);
        return;
      case "later":
        this.#rest(errand, error);
        return;
      default:
        if (redirect.kind === "moved") this.#lookAgain();
        if (errand.hop()) this.#sendTo(redirect.to, errand, redirect.kind === "ask");
        else this.#rest(errand, error);
    }
  }

  #failed(errand: Errand, error: Error): void {
    // What Redis itself refuses, a database or the password, it will refuse again.
    if (error instanceof ReplyError) errand.ask.failed(error);
    else this.#rest(errand, error);
  }

  // Trying again

  #rest(errand: Errand, trouble: Error): void {
    errand.rest(trouble);
    if (this.#state === "closed" || this.#clock.now() >= errand.deadline) {
      errand.giveUp();
      return;
    }
    this.#resting.push(errand);
    if (this.#where === undefined) this.#lookAgain();
    this.#retry ??= this.#clock.after(RETRY_DELAY, () => {
      this.#retry = undefined;
      this.#lookAgain();
      this.#resume();
    });
  }

  #resume(): void {
    for (const errand of this.#resting.splice(0)) this.#dispatch(errand);
  }
}

function addressesOf(where: Whereabouts | undefined): ReadonlySet<string> {
  return new Set([...(where?.primaries.values() ?? [])].map(addressOf));
}

function addressOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}
