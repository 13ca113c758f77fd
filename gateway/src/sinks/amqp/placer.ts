import type { Clock } from "@keywire/shared";
import type { Backlog } from "./backlog.js";
import type { Copies } from "./copies.js";
import { encodeEntry } from "./entry.js";
import { type Item, settle } from "./item.js";
import { Loop } from "./loop.js";
import {
  type Appended,
  type FallbackLimit,
  type FallbackStore,
  type ForwarderSettings,
  NotTaken,
  type Standing,
} from "./ports.js";
import { PATIENCE, type Sender } from "./sender.js";
import type { Tally } from "./tally.js";

/** Events put into the fallback at a time, and their bytes. */
const BATCH = 1_000;
const BATCH_BYTES = 1_024 * 1_024;
/** Entries that are soon sent: new events wait for that, rather than going the long way as well. */
const NEARLY_EMPTY = 2_000;
/** ms until the fallback is looked at again, while it is nearly empty; and while Redis is away. */
const LOOK_AGAIN = 10;
const TRY_AGAIN = 500;

export interface PlacerPorts {
  readonly clock: Clock;
  readonly store: FallbackStore;
  readonly sender: Sender;
  readonly backlog: Backlog;
  readonly tally: Tally;
  readonly copies: Copies;
}

export interface PlacerListener {
  saw(standing: Standing): void;
  /** These were put into the fallback; some had to go for want of room. */
  appended(result: Appended): void;
  storeFailed(error: unknown): void;
  broke(error: unknown): void;
}

/**
 * Refusals in a row behind which a batch is taken back that Redis did not answer for before: what was
 * sent over a connection that was given up has run by then.
 */
const REFUSALS = 2;

/** A batch on its way into the fallback: once tried, it is tried until Redis has answered. */
interface Hand {
  readonly turn: number;
  readonly copied: readonly Item[];
  readonly items: readonly Item[];
  readonly entries: readonly Uint8Array[];
  readonly limit: FallbackLimit;
  /** Whether Redis may have taken it without an answer. */
  mayBeTaken: boolean;
  /** In a row, as of now. */
  refusals: number;
}

/**
 * Decides for each new event, in their order, whether it goes to the broker or into the fallback. To
 * the broker it goes only where Redis, asked after the event came, says that the fallback is empty: so
 * it cannot overtake one that another gateway put there.
 */
export class Placer {
  readonly #ports: PlacerPorts;
  readonly #listener: PlacerListener;
  readonly #loop: Loop;
  #settings: ForwarderSettings;
  #turn = 0;
  #hand: Hand | undefined;
  readonly #inHand = new Set<Item>();
  #tryAt = 0;

  constructor(ports: PlacerPorts, listener: PlacerListener, settings: ForwarderSettings) {
    this.#ports = ports;
    this.#listener = listener;
    this.#settings = settings;
    this.#loop = new Loop(
      ports.clock,
      () => this.#step(),
      (error) => listener.broke(error),
    );
  }

  /** Events that are neither with the broker nor in the fallback, nor in the backlog. */
  get inHand(): number {
    return this.#hand?.items.length ?? 0;
  }

  wake(): void {
    this.#loop.wake();
  }

  configure(settings: ForwarderSettings): void {
    this.#settings = settings;
    this.#loop.wake();
  }

  /** Puts what is under way into the fallback as well, so that it may be forgotten here. */
  async secure(): Promise<void> {
    if (this.#settings.fallbackSize < 0) return;
    if (this.#hand === undefined && !this.#takeHand()) return;
    await this.#append();
  }

  close(): void {
    this.#loop.end();
  }

  /** What new events are to the sender. */
  readonly owner = {
    confirmed: (item: Item) => {
      settle(item);
      const { copies } = this.#ports;
      if (this.#inHand.has(item) || copies.isCopied(item.id)) copies.settled(item.id, "arrived");
    },
    unsent: (items: readonly Item[]) => {
      const { copies, backlog } = this.#ports;
      const back: Item[] = [];
      for (const item of items) {
        if (copies.isCopied(item.id)) copies.settled(item.id, "lost");
        else if (!this.#inHand.has(item)) back.push(item);
      }
      backlog.unshift(back);
      this.#loop.wake();
    },
  };

  async #step(): Promise<boolean> {
    const { clock } = this.#ports;
    const pause = this.#tryAt - clock.now();
    if (pause > 0) return this.#loop.later(pause);
    if (this.#hand !== undefined) return this.#append();
    const { first } = this.#ports.backlog;
    if (first === undefined) return false;
    const waited = clock.now() - first.since;
    if (this.#ports.sender.room > 0) return this.#sendOrAppend(waited);
    if (this.#settings.fallbackSize < 0) return false;
    if (this.#ports.sender.isPromising && waited < PATIENCE)
      return this.#loop.later(PATIENCE - waited);
    return this.#takeHand();
  }

  async #sendOrAppend(waited: number): Promise<boolean> {
    const { backlog, store, sender } = this.#ports;
    const { last } = backlog;
    let standing: Standing;
    try {
      standing = await store.look();
    } catch (error) {
      return this.#storeFailed(error);
    }
    this.#listener.saw(standing);
    if (standing.length === 0) {
      this.#sendUpTo(last);
      return sender.room > 0 && backlog.first !== undefined;
    }
    if (this.#settings.fallbackSize < 0) return this.#loop.later(LOOK_AGAIN);
    const isSoonEmpty = standing.isDrained && standing.length <= NEARLY_EMPTY;
    if (isSoonEmpty && waited < PATIENCE) return this.#loop.later(LOOK_AGAIN);
    return this.#takeHand();
  }

  /** Those that came before Redis was asked. */
  #sendUpTo(last: Item | undefined): void {
    const { backlog, sender } = this.#ports;
    while (backlog.first !== undefined && sender.room > 0) {
      const item = backlog.shift();
      if (item === undefined) return;
      sender.send(item, this.owner);
      if (item === last) return;
    }
  }

  /** @returns whether there is anything to put into the fallback */
  #takeHand(): boolean {
    const { sender, backlog, copies } = this.#ports;
    const { fallbackSize: size, fallbackPolicy: policy } = this.#settings;
    const copied = sender.flying(this.owner).filter(({ id }) => !copies.isCopied(id));
    const fresh = backlog.take(BATCH, BATCH_BYTES);
    const items = [...copied, ...fresh];
    if (items.length === 0) return false;
    const entries = items.map((item, index) =>
      encodeEntry(item, item.mayBeThere || index < copied.length),
    );
    for (const item of copied) this.#inHand.add(item);
    const limit = { size, policy };
    const untried = { mayBeTaken: false, refusals: 0 };
    this.#hand = { turn: ++this.#turn, copied, items, entries, limit, ...untried };
    return true;
  }

  async #append(): Promise<boolean> {
    const hand = this.#hand;
    if (hand === undefined) return false;
    let result: Appended;
    try {
      result = await this.#ports.store.append(hand.turn, hand.entries, hand.limit);
    } catch (error) {
      if (error instanceof NotTaken) this.#refused(hand);
      else {
        hand.mayBeTaken = true;
        hand.refusals = 0;
      }
      return this.#storeFailed(error);
    }
    this.#hand = undefined;
    this.#inHand.clear();
    const { homeless, arrived } = this.#noteCopies(hand, result.accepted);
    for (const item of hand.items) if (!homeless.has(item)) settle(item);
    this.#ports.tally.stored += result.accepted;
    this.#listener.appended({ ...result, dropped: result.dropped - homeless.size - arrived });
    return true;
  }

  /** The batch waits in front again, lest it waits for Redis while the broker would take it. */
  #refused(hand: Hand): void {
    const { backlog, copies, sender } = this.#ports;
    if (++hand.refusals < REFUSALS && hand.mayBeTaken) return;
    this.#hand = undefined;
    this.#inHand.clear();
    const flying = new Set(sender.flying(this.owner));
    const waiting = hand.items.filter((item) => !flying.has(item) && !copies.forget(item.id));
    if (hand.mayBeTaken) for (const item of waiting) item.mayBeThere = true;
    backlog.unshift(waiting);
  }

  /** @returns those that found no room: which are under way all the same, and how many have arrived */
  #noteCopies({ copied, limit }: Hand, accepted: number) {
    const { copies, sender } = this.#ports;
    const flying = new Set(sender.flying(this.owner));
    const homeless = new Set<Item>();
    let arrived = 0;
    copied.forEach((item, index) => {
      // The oldest went, and are counted: what became of them on their way to the broker is nobody's any more.
      if (index < accepted || limit.policy === "drop_oldest") {
        if (flying.has(item)) copies.add(item.id, "flying");
      } else if (flying.has(item)) homeless.add(item);
      else if (copies.forget(item.id)) arrived++;
    });
    return { homeless, arrived };
  }

  #storeFailed(error: unknown): false {
    this.#listener.storeFailed(error);
    this.#tryAt = this.#ports.clock.now() + TRY_AGAIN;
    return this.#loop.later(TRY_AGAIN);
  }
}
