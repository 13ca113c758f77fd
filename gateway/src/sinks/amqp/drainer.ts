import type { Clock } from "@keywire/shared";
import type { Copies } from "./copies.js";
import { decodeEntry } from "./entry.js";
import type { Item } from "./item.js";
import { Loop } from "./loop.js";
import type { Drained, FallbackStore } from "./ports.js";
import type { Sender } from "./sender.js";
import type { Tally } from "./tally.js";

/** Entries fetched at a time; as many wait here, so that the sender never does. */
const CHUNK = 1_000;
/** ms between two calls while nothing else makes one: the right to send is kept by calling. */
const KEEP_ALIVE = 2_000;
/** ms until Redis, or the gateway that sends, is asked again. */
const ASK_AGAIN = 1_000;

/** An entry that this gateway is to send. */
interface Claim {
  readonly place: number;
  /** Undefined where its bytes are no event. */
  readonly item: Item | undefined;
  state: "waiting" | "flying" | "arrived";
}

export interface DrainerPorts {
  readonly clock: Clock;
  readonly store: FallbackStore;
  readonly sender: Sender;
  readonly tally: Tally;
  readonly copies: Copies;
}

export interface DrainerListener {
  /** What Redis said of the fallback. */
  saw(standing: Drained): void;
  unreadable(): void;
  /** Redis did not answer. */
  storeFailed(error: unknown): void;
  broke(error: unknown): void;
}

/** Sends what is in the fallback, in its order; one gateway at a time does. */
export class Drainer {
  readonly #ports: DrainerPorts;
  readonly #listener: DrainerListener;
  readonly #loop: Loop;
  #claims: Claim[] = [];
  readonly #byId = new Map<string, Claim>();
  /** Places below it have been handed to this gateway; undefined while it has no right to send. */
  #knownUpTo: number | undefined;
  /** All before it have arrived. */
  #arrivedUpTo = 0;
  /** All before it have been removed. */
  #removedUpTo = 0;
  #mayHaveMore = false;
  #calledAt = 0;
  #askAt = 0;

  constructor(ports: DrainerPorts, listener: DrainerListener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#loop = new Loop(
      ports.clock,
      () => this.#step(),
      (error) => listener.broke(error),
    );
  }

  /** Whether this gateway is the one that sends. */
  get isOurs(): boolean {
    return this.#knownUpTo !== undefined;
  }

  /** The fallback holds something, or the sender has changed. */
  wake(holdsSome: boolean): void {
    if (holdsSome) this.#mayHaveMore = true;
    if (this.#mayHaveMore || this.isOurs) this.#loop.wake();
  }

  /** Everything was taken out by hand: what waits here is not sent any more. */
  purged(): void {
    this.#forget();
  }

  async close(): Promise<void> {
    this.#loop.end();
    if (this.isOurs) await this.#release();
  }

  readonly owner = {
    confirmed: (item: Item) => this.#arrived(item),
    unsent: (items: readonly Item[]) => {
      for (const item of items) {
        const claim = this.#byId.get(item.id);
        if (claim?.state === "flying") claim.state = "waiting";
      }
      this.#loop.wake();
    },
  };

  #arrived(item: Item): void {
    const claim = this.#byId.get(item.id);
    if (claim === undefined) return;
    claim.state = "arrived";
    this.#loop.wake();
  }

  async #step(): Promise<boolean> {
    const { sender, clock } = this.#ports;
    if (!sender.isWorking) {
      // Somebody else may have a better connection.
      if (this.isOurs && sender.inFlight === 0) await this.#release();
      return false;
    }
    this.#send();
    this.#forgetArrived();
    if (clock.now() < this.#askAt) return this.#loop.later(this.#askAt - clock.now());
    if (this.#isCallDue()) return this.#call();
    return this.isOurs ? this.#loop.later(KEEP_ALIVE) : false;
  }

  #send(): void {
    const { sender, copies } = this.#ports;
    for (const claim of this.#claims) {
      if (claim.state !== "waiting") continue;
      const { item } = claim;
      const copy = item === undefined ? "arrived" : copies.stateOf(item.id);
      if (item === undefined || copy === "arrived") claim.state = "arrived";
      else if (copy === "flying") {
        // It was sent before it came here, and is under way: it stands in front of all that follows.
        claim.state = "flying";
        copies.whenSettled(item.id, (state) => {
          claim.state = state === "arrived" ? "arrived" : "waiting";
          if (state === "lost") item.mayBeThere = true;
          this.#loop.wake();
        });
      } else if (sender.room > 0) {
        claim.state = "flying";
        sender.send(item, this.owner);
      } else return;
    }
  }

  #forgetArrived(): void {
    let arrived = 0;
    for (; this.#claims[arrived]?.state === "arrived"; arrived++) {
      const { item } = this.#claims[arrived] ?? {};
      if (item !== undefined) this.#byId.delete(item.id);
    }
    if (arrived === 0) return;
    this.#arrivedUpTo += arrived;
    this.#ports.tally.drained += arrived;
    this.#claims = this.#claims.slice(arrived);
  }

  #isCallDue(): boolean {
    if (this.#knownUpTo === undefined) return this.#mayHaveMore;
    const isKept = this.#ports.clock.now() - this.#calledAt < KEEP_ALIVE;
    return !isKept || this.#arrivedUpTo > this.#removedUpTo || this.#want() > 0;
  }

  #want(): number {
    if (!this.#mayHaveMore) return 0;
    const waiting = this.#claims.reduce((sum, { state }) => sum + Number(state === "waiting"), 0);
    return Math.max(0, CHUNK - waiting);
  }

  async #call(): Promise<boolean> {
    const { store, clock } = this.#ports;
    const removeUpTo = this.#arrivedUpTo;
    const want = Math.max(this.#want(), this.isOurs ? 0 : CHUNK);
    this.#calledAt = clock.now();
    try {
      const drained = await store.drain({ removeUpTo, knownUpTo: this.#knownUpTo, want });
      this.#removedUpTo = removeUpTo;
      this.#take(drained);
      this.#listener.saw(drained);
      return this.isOurs;
    } catch (error) {
      this.#listener.storeFailed(error);
      this.#askAt = clock.now() + ASK_AGAIN;
      return this.#loop.later(ASK_AGAIN);
    }
  }

  #take(drained: Drained): void {
    const { clock, copies } = this.#ports;
    const { first, entries, again, isOurs, length } = drained;
    if (!isOurs || length === 0) {
      // Another one sends, or there is nothing left and the right to send went with it.
      this.#forget();
      this.#mayHaveMore = length > 0;
      this.#askAt = length > 0 ? clock.now() + ASK_AGAIN : 0;
      if (length === 0) copies.clear();
      return;
    }
    if (first !== this.#knownUpTo) {
      this.#forget();
      this.#arrivedUpTo = first;
      this.#removedUpTo = first;
    }
    for (const [index, bytes] of entries.entries()) {
      this.#claim(first + index, bytes, index < again);
    }
    this.#knownUpTo = first + entries.length;
    this.#mayHaveMore = drained.waiting > 0;
  }

  #claim(place: number, bytes: Uint8Array, again: boolean): void {
    const item = decodeEntry(bytes, this.#ports.clock.now());
    if (item === undefined) this.#listener.unreadable();
    else {
      if (again) item.mayBeThere = true;
      this.#byId.set(item.id, { place, item, state: "waiting" });
    }
    this.#claims.push((item && this.#byId.get(item.id)) ?? { place, item, state: "waiting" });
  }

  #forget(): void {
    this.#claims = [];
    this.#byId.clear();
    this.#knownUpTo = undefined;
  }

  async #release(): Promise<void> {
    const { store } = this.#ports;
    this.#forgetArrived();
    // What was never sent goes back where it came from.
    const firstUnsent = this.#claims.find(
      ({ state, item }) => state === "waiting" && item?.mayBeThere !== true,
    );
    const keepUpTo = firstUnsent?.place ?? this.#knownUpTo ?? 0;
    const removeUpTo = this.#arrivedUpTo;
    this.#forget();
    this.#mayHaveMore = true;
    await store.release({ removeUpTo, keepUpTo }).catch((error: unknown) => {
      // It goes to somebody else when the right to send has run out.
      this.#listener.storeFailed(error);
    });
  }
}
