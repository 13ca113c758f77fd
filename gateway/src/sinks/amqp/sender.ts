import type { Clock, Timer } from "@keywire/shared";
import { Connection, type ConnectionPorts, type ConnectionStatus } from "./connection.js";
import type { Item } from "./item.js";
import { messageOf } from "./message.js";
import type { ForwarderSettings, Outcome } from "./ports.js";
import type { Tally } from "./tally.js";

/** Messages that may be under way. */
export const WINDOW = 4_096;
/** Bytes of them. */
const WINDOW_BYTES = 8 * 1_024 * 1_024;
/** ms without a confirmation after which the broker counts as one that does not take messages. */
export const PATIENCE = 1_000;
/** ms until a broker that returned or refused a message is tried with the next one. */
const TRIAL_PAUSE = 2_000;
/** ms that what is under way may take to be confirmed before the connection is ended by hand. */
const QUIET_TIMEOUT = 5_000;
/** ms between two looks whether all is confirmed, at the end. */
const FINISH_LOOK = 10;
/** Bytes of a body: brokers refuse larger ones, some by ending the connection. */
const MAX_BODY = 16 * 1_024 * 1_024;

/** Whose items are sent. */
export interface Owner {
  confirmed(item: Item): void;
  /** The broker does not have them, or nobody knows (`mayBeThere`); in their order. */
  unsent(items: readonly Item[]): void;
}

interface Flight {
  readonly item: Item;
  readonly owner: Owner;
  readonly bytes: number;
  failed: boolean;
}

export interface SenderListener {
  /** There may be room now, or there may be none any more. */
  changed(): void;
  connection(status: ConnectionStatus): void;
  /** The broker has no queue for what is sent, or refuses it. */
  turnedBack(outcome: Exclude<Outcome, "confirmed">): void;
  tooLarge(item: Item): void;
}

/**
 * Sends items to the broker in their order, many of them unconfirmed at a time. It begins with one,
 * and with one again after the broker turned one back: so what comes behind does not overtake it.
 */
export class Sender {
  readonly #clock: Clock;
  readonly #listener: SenderListener;
  readonly #tally: Tally;
  readonly #connection: Connection;
  readonly #flights = new Set<Flight>();
  #settings: ForwarderSettings;
  #bytes = 0;
  #limit = 1;
  #isFinishing = false;
  #failed = false;
  /** Until then nothing is sent, ms since the Unix epoch. */
  #trialAt = 0;
  #trialTimer: Timer | undefined;
  #progressAt = 0;
  #stallTimer: Timer | undefined;
  #wish: "connected" | "disconnected" = "connected";
  /** Set while nothing new is sent, for the connection is to end when nothing is under way. */
  #quiet: Timer | undefined;

  constructor(
    ports: ConnectionPorts,
    listener: SenderListener,
    tally: Tally,
    settings: ForwarderSettings,
  ) {
    this.#clock = ports.clock;
    this.#listener = listener;
    this.#tally = tally;
    this.#settings = settings;
    const lost = () => this.#lost();
    const changed = (status: ConnectionStatus) => this.#changed(status);
    this.#connection = new Connection(ports, { lost, changed }, settings);
  }

  get status(): ConnectionStatus {
    return this.#connection.status;
  }

  get inFlight(): number {
    return this.#flights.size;
  }

  /** How many may be sent now. */
  get room(): number {
    if (!this.isWorking || this.#quiet !== undefined || this.#failed) return 0;
    if (this.#isFinishing) return 0;
    if (this.#bytes >= WINDOW_BYTES) return 0;
    return Math.max(0, this.#limit - this.#flights.size);
  }

  /** Whether the broker takes messages, though perhaps no more just now. */
  get isWorking(): boolean {
    return this.#connection.link !== undefined && !this.#isStalled && !this.#isOnTrial;
  }

  /** Whether it is worth a moment's wait until it takes some. */
  get isPromising(): boolean {
    return this.isWorking || this.status.state === "connecting";
  }

  /** Those of an owner that are under way, in their order. */
  flying(owner: Owner): Item[] {
    return [...this.#flights].filter((flight) => flight.owner === owner).map(({ item }) => item);
  }

  need(): void {
    this.#connection.need();
  }

  connect(): void {
    this.#wish = "connected";
    this.#adopt();
  }

  /** What is under way is waited for, but not for long. */
  disconnect(): void {
    this.#wish = "disconnected";
    this.#adopt();
  }

  configure(settings: ForwarderSettings): void {
    this.#settings = settings;
    this.#adopt();
  }

  /** Sends nothing any more; resolves when nothing is under way, or after so many ms. */
  async finish(within: number): Promise<void> {
    this.#isFinishing = true;
    const end = this.#clock.now() + within;
    while (this.#flights.size > 0 && this.#clock.now() < end) {
      await new Promise<void>((resolve) => void this.#clock.after(FINISH_LOOK, resolve));
    }
  }

  close(): void {
    this.#trialTimer?.cancel();
    this.#stallTimer?.cancel();
    this.#quiet?.cancel();
    this.#connection.close();
  }

  /** To be called with `room` alone. */
  send(item: Item, owner: Owner): void {
    const { link } = this.#connection;
    if (link === undefined) throw new Error("nothing takes messages now");
    const message = messageOf(item, this.#settings);
    if (message.body.length > MAX_BODY) {
      this.#listener.tooLarge(item);
      owner.confirmed(item);
      return;
    }
    const flight: Flight = { item, owner, bytes: message.body.length, failed: false };
    if (this.#flights.size === 0) this.#begin();
    this.#flights.add(flight);
    this.#bytes += flight.bytes;
    this.#tally.published++;
    if (item.mayBeThere) this.#tally.repeated++;
    link.publish(message, (outcome) => this.#settled(flight, outcome));
  }

  get #isStalled(): boolean {
    return this.#flights.size > 0 && this.#clock.now() - this.#progressAt >= PATIENCE;
  }

  get #isOnTrial(): boolean {
    return this.#clock.now() < this.#trialAt;
  }

  #begin(): void {
    this.#progressAt = this.#clock.now();
    this.#watch(PATIENCE);
  }

  /** Tells when nothing was confirmed for too long. */
  #watch(ms: number): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = this.#clock.after(ms, () => {
      this.#stallTimer = undefined;
      if (this.#flights.size === 0) return;
      if (this.#isStalled) this.#listener.changed();
      else this.#watch(this.#progressAt + PATIENCE - this.#clock.now());
    });
  }

  #settled(flight: Flight, outcome: Outcome): void {
    if (!this.#flights.has(flight) || flight.failed) return;
    const wasStalled = this.#isStalled;
    this.#progressAt = this.#clock.now();
    if (wasStalled) this.#watch(PATIENCE);
    const isDropped = outcome === "returned" && this.#settings.unroutable === "drop";
    if (outcome !== "confirmed") this.#turnedBack(outcome);
    if (outcome === "confirmed" || isDropped) this.#arrived(flight, outcome);
    else {
      flight.failed = true;
      this.#failed = true;
    }
    this.#afterOne();
  }

  #turnedBack(outcome: "returned" | "refused"): void {
    if (outcome === "returned") this.#tally.returned++;
    else this.#tally.refused++;
    this.#listener.turnedBack(outcome);
  }

  #arrived(flight: Flight, outcome: Outcome): void {
    this.#remove(flight);
    if (outcome === "confirmed") {
      this.#tally.confirmed++;
      this.#limit = Math.min(WINDOW, this.#limit + 1);
    }
    flight.owner.confirmed(flight.item);
  }

  /** Once all that is under way is settled, what was turned back goes to its owners. */
  #afterOne(): void {
    if (this.#failed && [...this.#flights].every(({ failed }) => failed)) {
      this.#limit = 1;
      this.#failed = false;
      this.#startTrial();
      this.#giveBack();
    }
    if (this.#flights.size === 0) this.#becomeQuiet();
    this.#listener.changed();
  }

  #startTrial(): void {
    this.#trialAt = this.#clock.now() + TRIAL_PAUSE;
    this.#trialTimer?.cancel();
    this.#trialTimer = this.#clock.after(TRIAL_PAUSE, () => this.#listener.changed());
  }

  #lost(): void {
    for (const { item, failed } of this.#flights) if (!failed) item.mayBeThere = true;
    this.#limit = 1;
    this.#failed = false;
    this.#giveBack();
    this.#becomeQuiet();
    this.#listener.changed();
  }

  #giveBack(): void {
    const byOwner = new Map<Owner, Item[]>();
    for (const flight of this.#flights) {
      const items = byOwner.get(flight.owner) ?? [];
      byOwner.set(flight.owner, items);
      items.push(flight.item);
      this.#remove(flight);
    }
    for (const [owner, items] of byOwner) owner.unsent(items);
  }

  #remove(flight: Flight): void {
    this.#flights.delete(flight);
    this.#bytes -= flight.bytes;
    if (this.#flights.size > 0) return;
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
  }

  /** Once nothing is under way, or that takes too long, where the connection is to be another one. */
  #adopt(): void {
    this.#quiet?.cancel();
    this.#quiet = undefined;
    const isOther = this.#wish === "disconnected" || this.#connection.isReplacedBy(this.#settings);
    if (!isOther || this.#flights.size === 0) this.#adoptNow();
    else this.#quiet = this.#clock.after(QUIET_TIMEOUT, () => this.#becomeQuiet());
  }

  #becomeQuiet(): void {
    if (this.#quiet === undefined) return;
    this.#quiet.cancel();
    this.#quiet = undefined;
    this.#adoptNow();
  }

  #adoptNow(): void {
    if (this.#wish === "disconnected") this.#connection.disconnect();
    else {
      this.#connection.configure(this.#settings);
      this.#connection.connect();
    }
  }

  #changed(status: ConnectionStatus): void {
    this.#listener.connection(status);
    this.#listener.changed();
  }
}
