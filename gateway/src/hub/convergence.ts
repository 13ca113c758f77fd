import { type Clock, type Cursor, WireError } from "@keywire/shared";
import { type Keys, keysOf } from "./keys.js";
import type { Snapshot } from "./ports.js";
import { RETRY_DELAY, Resync } from "./resync.js";
import type { Seat } from "./seat.js";
import type { Joined } from "./stream.js";

/** What a channel with snapshots lends to what keeps its members in step with the keys. */
export interface ConvergencePort {
  readonly clock: Clock;
  take(): Promise<Snapshot>;
  isSeated(seat: Seat): boolean;
  isEmpty(): boolean;
  /** The newest message; those before it have been delivered. */
  place(): Cursor;
  append(keys: Keys): void;
  /** The member cannot be told what it asked for. */
  unseat(seat: Seat, error: unknown): void;
  failed(error: unknown): void;
}

/**
 * Keeps the members of a channel with snapshots in step with the keys: all of them behind a gap of
 * the channel, one of them where it comes in, or did not get what the others got.
 */
export class Convergence {
  readonly #port: ConvergencePort;
  readonly #resync: Resync;
  /** A gap came while nobody was there: whoever comes is owed its snapshot. */
  #isOwed = false;

  constructor(port: ConvergencePort) {
    this.#port = port;
    this.#resync = new Resync({
      clock: port.clock,
      take: () => port.take(),
      append: (snapshot) => port.append(keysOf(snapshot)),
      failed: (error) => port.failed(error),
    });
  }

  /** Since when messages wait for a snapshot of all members, ms since the Unix epoch. */
  get heldSince(): number | undefined {
    return this.#resync.heldSince;
  }

  /** A gap comes: what waited for a snapshot is older. */
  beforeGap(): void {
    this.#resync.release();
  }

  afterGap(): void {
    this.#isOwed = this.#port.isEmpty();
    if (!this.#isOwed) this.#resync.begin();
  }

  /** Appends a message, now or behind the snapshot under way. */
  pass(append: () => void): void {
    this.#resync.pass(append);
  }

  /** Answers a member that has come in: with the keys, unless it goes on where it was. */
  welcome(seat: Seat, joined: Joined): void {
    if (joined.resumed) {
      seat.member.joined(joined);
      if (this.#isOwed) this.afterGap();
      return;
    }
    const answer = this.#withoutReplay(joined);
    this.#takeFor(
      seat,
      (keys) => seat.member.joined({ ...answer, ...keys }),
      (error) => this.#port.unseat(seat, error),
    );
  }

  /** Takes a snapshot for one member, which did not get what came before this. */
  renew(seat: Seat): void {
    // The one that is being taken will do.
    if (seat.isHolding) return;
    this.#renewAt(seat, this.#port.place());
  }

  #renewAt(seat: Seat, at: Cursor): void {
    this.#takeFor(
      seat,
      (keys) => seat.member.resynced(at, keys),
      (error) => {
        this.#port.failed(error);
        // More may not wait for it: another one is taken behind all that has come by then.
        const isOver = seat.isFull;
        if (isOver) seat.release();
        this.#port.clock.after(RETRY_DELAY, () => {
          if (!this.#port.isSeated(seat)) return;
          if (isOver) this.renew(seat);
          else this.#renewAt(seat, at);
        });
      },
    );
  }

  close(): void {
    this.#resync.close();
  }

  /** What is kept is older than the snapshot: a gap that stands for all of it comes instead. */
  #withoutReplay(joined: Joined): Joined {
    const { gap } = joined;
    if (gap === undefined) return joined;
    const { offset } = this.#port.place();
    const missed = gap.missed === null ? null : gap.missed + offset - gap.offset;
    let { to } = gap;
    for (const { entries } of joined.replay)
      for (const entry of entries) to = Math.max(to, entry.to);
    return { ...joined, replay: [], gap: { ...gap, missed, offset, to } };
  }

  /** The member's messages wait behind a snapshot that is taken after its place was. */
  #takeFor(seat: Seat, done: (keys: Keys) => void, failed: (error: unknown) => void): void {
    seat.hold();
    this.#port.take().then(
      (snapshot) => {
        if (!this.#port.isSeated(seat)) return;
        if (seat.isFull) {
          failed(new WireError("unavailable", "the channel changes faster than its keys are read"));
          return;
        }
        done(keysOf(snapshot));
        seat.release();
      },
      (error) => {
        if (this.#port.isSeated(seat)) failed(error);
      },
    );
  }
}
