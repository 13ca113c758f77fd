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
  /** Why the last look failed. */
  #problem = new Error("the Redis nodes have not been looked for yet");
  #state: "open" | "closed" = "open";
  /** What waits for the next try. */
  #resting: Errand[] = [];
  #retry: Timer | undefined;
  readonly #unsent = new Set<Lane>();

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#looks = new Flights(queueMicrotask, LOOKS, ([flight]) => {
      if (flight !== undefined)
        this.#look().then(flight.land, (error) => this.#lookFailed(flight, error));
    });
  }

  send(asks: readonly Ask[]): void {
    const { timeout = DEFAULT_READ_TIMEOUT } = this.#options;
    const deadline = this.#clock.now() + timeout;
    for (const ask of asks) this.#dispatch(new Errand(ask, deadline));
  }

  async layout(): Promise<Layout> {
    const { primaries, signature, migrations } = await this.#looks.join("", undefined);
    return { primaries: [...primaries.keys()], signature, moving: migrations.length > 0 };
  }

  /** Looks again who the primaries are: call it when a topology change is known. */
  refresh(): void {
    // A look that fails is followed by others as long as something waits for it.
    if (this.#state === "open") this.#looks.join("", undefined).catch(() => {});
  }

  close(): void {
    this.#state = "closed";
    this.#retry?.cancel();
    for (const [address, lane] of this.#lanes) this.#dismiss(address, lane);
    for (const errand of this.#resting.splice(0)) errand.giveUp();
  }

  async #look(): Promise<Whereabouts> {
    const where = await this.#options.locate();
    const isFirst = this.#where === undefined;
    this.#where = where;
    const addresses = new Set([...where.primaries.values()].map(addressOf));
    for (const [address, lane] of this.#lanes) {
      if (!addresses.has(address) && lane.isIdle) this.#dismiss(address, lane);
    }
    // Later looks do not: a node that refuses is tried again after a while, not at once.
    if (isFirst) this.#resume();
    return where;
  }

  #lookFailed(flight: Flight<undefined, Whereabouts>, error: Error): void {
    this.#problem = error;
    flight.crash(error);
  }

  // Errands

  #dispatch(errand: Errand): void {
    if (this.#state === "closed") {
      this.#rest(errand, new Error("the gateway is closing"));
      return;
    }
    const endpoint = this.#endpointFor(errand.ask.to);
    if (endpoint instanceof Error) this.#rest(errand, endpoint);
    else this.#sendTo(endpoint, errand, false);
  }

  #endpointFor(to: Ask["to"]): Endpoint | Error {
    if (this.#where === undefined) return this.#problem;
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
      this.refresh();
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
        if (redirect.kind === "moved") this.refresh();
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
    if (this.#where === undefined) this.refresh();
    this.#retry ??= this.#clock.after(RETRY_DELAY, () => {
      this.#retry = undefined;
      this.refresh();
      this.#resume();
    });
  }

  #resume(): void {
    for (const errand of this.#resting.splice(0)) this.#dispatch(errand);
  }
}

function addressOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}
