import { type Clock, type Timer, WireError } from "@keywire/shared";
import { Announcer, type ForwarderReport } from "./announcer.js";
import { Backlog } from "./backlog.js";
import type { ConnectionStatus } from "./connection.js";
import { Copies } from "./copies.js";
import { Drainer } from "./drainer.js";
import { settle } from "./item.js";
import { type Loss, Losses, type LossReason } from "./losses.js";
import { Placer } from "./placer.js";
import {
  type Appended,
  type FallbackStore,
  type ForwarderSettings,
  type MissedEvents,
  NotTaken,
  type OpenLink,
  type SinkEvent,
  type Standing,
} from "./ports.js";
import { Selection } from "./selection.js";
import { Sender } from "./sender.js";
import { type Counts, Tally } from "./tally.js";

export interface ForwarderPorts {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly openLink: OpenLink;
  readonly store: FallbackStore;
  /** Runs a task once when what is ready to be read has been read. */
  readonly endOfTurn: (task: () => void) => void;
  /** Differs from that of every other gateway and every other run: message ids begin with it. */
  readonly life: string;
  readonly report: (report: ForwarderReport) => void;
}

export interface ForwarderStatus {
  readonly connection: ConnectionStatus;
  readonly counts: Counts;
  readonly fallback: {
    /** As Redis last said; undefined where it has not been asked yet. */
    readonly length: number | undefined;
    readonly size: number;
    readonly policy: ForwarderSettings["fallbackPolicy"];
    /** Since when Redis does not answer, ms since the Unix epoch. */
    readonly awaySince?: number;
  };
  /** Events that are neither sent nor in the fallback yet, and what they may take. */
  readonly memory: { readonly events: number; readonly bytes: number; readonly limit: number };
  /** Messages that are not confirmed yet. */
  readonly inFlight: number;
  readonly lost: {
    /** Known numbers, by reason. */
    readonly events: Readonly<Record<string, number>>;
    /** Stretches of time, by reason. */
    readonly stretches: Readonly<Record<string, number>>;
    readonly recent: readonly Loss[];
  };
}

/** ms between two looks at the fallback, for what other gateways put there. */
const LOOK = 1_000;
/** ms that what is under way may take to be confirmed at the end. */
const FINISH_TIME = 2_000;

/**
 * Sends keyspace events to a broker. An event is done when the broker has confirmed it or Redis has
 * taken it into the fallback; where neither can be had it waits in memory, and what memory does not
 * hold is counted as lost.
 */
export class Forwarder {
  readonly #ports: ForwarderPorts;
  readonly #memoryBytes: number;
  readonly #backlog = new Backlog();
  readonly #tally = new Tally();
  readonly #losses = new Losses();
  readonly #announcer: Announcer;
  readonly #sender: Sender;
  readonly #placer: Placer;
  readonly #drainer: Drainer;
  #settings: ForwarderSettings;
  #selection: Selection;
  #sequence = 0;
  #isTurnDue = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #length: number | undefined;
  #awaySince: number | undefined;
  /** When the oldest event in the fallback happened, as far as is known. */
  #storedSince: number | undefined;

  constructor(ports: ForwarderPorts, settings: ForwarderSettings, memoryBytes: number) {
    this.#ports = ports;
    this.#memoryBytes = memoryBytes;
    this.#settings = settings;
    this.#selection = new Selection(settings);
    const { clock, store } = ports;
    this.#announcer = new Announcer(clock, ports.report);
    const copies = new Copies();
    const changed = () => this.#changed();
    const storeFailed = (error: unknown) => this.#storeFailed(error);
    const broke = (error: unknown) => this.#announcer.broke(error);
    const saw = (standing: Standing) => this.#saw(standing);
    this.#sender = new Sender(
      ports,
      {
        changed,
        connection: (status) => this.#announcer.connection(status),
        turnedBack: (outcome) => this.#announcer.turnedBack(outcome, this.#settings),
        tooLarge: ({ event }) => this.#lose("too_large", 1, event.receivedAt, event.receivedAt),
      },
      this.#tally,
      settings,
    );
    const parts = { clock, store, sender: this.#sender, tally: this.#tally, copies };
    this.#placer = new Placer(
      { ...parts, backlog: this.#backlog },
      { saw, storeFailed, broke, appended: (result) => this.#appended(result) },
      settings,
    );
    this.#drainer = new Drainer(parts, {
      saw,
      storeFailed,
      broke,
      unreadable: () => this.#lose("unreadable", 1, clock.now(), clock.now()),
    });
  }

  /** Begins to look for what is in the fallback. */
  start(): void {
    void this.#look();
  }

  /**
   * Takes one event; those of one key come in their order.
   *
   * @param done called once, when the event need not be handed over again
   * @param mayBeThere another gateway may have forwarded it already
   */
  take(event: SinkEvent, done: () => void, mayBeThere = false): void {
    if (!this.#selection.has(event)) {
      done();
      return;
    }
    const id = `${this.#ports.life}-${(this.#sequence++).toString(36)}`;
    const since = this.#ports.clock.now();
    this.#backlog.push({ event, id, mayBeThere, since, done });
    while (this.#backlog.bytes > this.#memoryBytes) this.#overflow();
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#ports.endOfTurn(() => {
      this.#isTurnDue = false;
      this.#sender.need();
      this.#placer.wake();
    });
  }

  missed({ reason, count, from, to }: MissedEvents): void {
    this.#lose(reason, count, from, to);
  }

  connect(): void {
    this.#sender.connect();
  }

  disconnect(): void {
    this.#sender.disconnect();
  }

  configure(settings: ForwarderSettings): void {
    this.#settings = settings;
    this.#selection = new Selection(settings);
    this.#sender.configure(settings);
    this.#placer.configure(settings);
  }

  /** How many entries the fallback holds. */
  async fallbackLength(): Promise<number> {
    return (await this.#asked(this.#ports.store.look())).length;
  }

  /** @returns how many entries the fallback held */
  async purge(): Promise<number> {
    const purged = await this.#asked(this.#ports.store.purge());
    this.#drainer.purged();
    this.#announcer.purged(purged);
    await this.#look();
    return purged;
  }

  status(): ForwarderStatus {
    const { fallbackSize: size, fallbackPolicy: policy } = this.#settings;
    const [events, bytes] = [this.#backlog.length + this.#placer.inHand, this.#backlog.bytes];
    return {
      connection: this.#sender.status,
      counts: { ...this.#tally },
      fallback: {
        length: this.#length,
        size,
        policy,
        ...(this.#awaySince === undefined ? {} : { awaySince: this.#awaySince }),
      },
      memory: { events, bytes, limit: this.#memoryBytes },
      inFlight: this.#sender.inFlight,
      lost: {
        events: this.#losses.totals(),
        stretches: this.#losses.stretches(),
        recent: this.#losses.recent(),
      },
    };
  }

  /** Puts away what is not confirmed, as far as Redis takes it, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#sender.finish(FINISH_TIME);
    await this.#placer.secure();
    this.#placer.close();
    await this.#drainer.close();
    this.#sender.close();
    this.#ports.store.close();
  }

  /** @throws WireError `unavailable` */
  #asked<T>(answer: Promise<T>): Promise<T> {
    return answer.catch((cause: unknown) => {
      throw new WireError("unavailable", "Redis did not answer; try again", { cause });
    });
  }

  #overflow(): void {
    const { fallbackPolicy } = this.#settings;
    const item = fallbackPolicy === "drop_oldest" ? this.#backlog.shift() : this.#backlog.pop();
    if (item === undefined) return;
    const { receivedAt } = item.event;
    this.#lose("memory_full", 1, receivedAt, receivedAt);
    settle(item);
  }

  #appended(result: Appended): void {
    const { dropped, from, to } = result;
    if (dropped > 0) this.#lose("fallback_full", dropped, from, to);
    this.#saw(result);
  }

  async #look(): Promise<void> {
    this.#timer?.cancel();
    try {
      this.#saw(await this.#ports.store.look());
    } catch (error) {
      this.#storeFailed(error);
    }
    if (this.#isClosed) return;
    this.#timer = this.#ports.clock.after(LOOK, () => void this.#look());
  }

  #saw({ length, lost, returned, since }: Standing): void {
    if (this.#awaySince !== undefined) this.#announcer.storeBack();
    const now = this.#ports.clock.now();
    const lostSince = this.#storedSince ?? since ?? this.#awaySince ?? now - LOOK;
    if (lost > 0) this.#lose("redis_lost", lost, lostSince, now);
    this.#storedSince = length > 0 ? since : undefined;
    if (returned > 0) this.#tally.repeated += returned;
    this.#awaySince = undefined;
    this.#announcer.fallback(this.#length ?? 0, length);
    this.#length = length;
    if (length > 0) this.#sender.need();
    this.#drainer.wake(length > 0);
  }

  #storeFailed(error: unknown): void {
    if (error instanceof NotTaken) {
      this.#announcer.storeRefuses(error);
      return;
    }
    if (this.#awaySince !== undefined) return;
    this.#awaySince = this.#ports.clock.now();
    this.#announcer.storeAway(error);
  }

  #changed(): void {
    this.#placer.wake();
    this.#drainer.wake((this.#length ?? 0) > 0);
  }

  #lose(reason: LossReason, count: number | null, from: number, to: number): void {
    const loss = { reason, count, from, to };
    this.#losses.add(loss);
    this.#announcer.lost(loss, this.#losses.totals()[reason] ?? 0);
  }
}
