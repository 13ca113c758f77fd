import { type Clock, look, type Timer } from "@keywire/shared";
import { Command, type Redis } from "ioredis";
import { ByteMap } from "./byte-map.js";
import type { SlotRange } from "./cluster-nodes.js";
import { isOfKey } from "./feed.js";
import { keyEvent, type ParsedNotification, parseNotification } from "./grammar.js";
import { type GuardEvents, Guards } from "./guards.js";
import { MARKS_CHANNEL, type Mark, parseMark } from "./marks.js";
import { filterMessages } from "./message-filter.js";
import { Names } from "./names.js";
import type { Feed } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import { isReply } from "./notify.js";

/** ms between two PINGs: each is a barrier, so the last answered one is the last moment known good. */
const PING_INTERVAL = 1_000;
/** ms an answer may take: with the interval, a dead link is found within 3 s. */
const PING_TIMEOUT = 1_900;
/** ms by which the watchdog may be late before it gives what has arrived meanwhile time to be read. */
const LATE = 100;
/** Where a RESP2 subscriber is told what client-side caching invalidates; a flush as a null. */
const INVALIDATE = "__redis__:invalidate";

export interface LinkEvents extends GuardEvents {
  acknowledged(feed: Feed): void;
  refused(feed: Feed, error: Error): void;
  /** @param at when it came, ms since the Unix epoch */
  message(feed: Feed, said: ParsedNotification, at: number): void;
  /** A mark, at its very place in the node's stream. */
  marked(mark: Mark): void;
  /** Redis does not let us listen to marks. */
  unmarked(error: Error): void;
  /** A PING was answered, which cannot be in the middle of a transaction. */
  answered(): void;
  /** All keys of a database are gone, or are others, since the last moment known good. */
  flushed(lastGood: number): void;
  /** Once: the link is of no use any more. */
  down(cause: string): void;
}

/**
 * The subscriber connection to one node, used until it fails: open, then down for ever.
 *
 * Acknowledgements are handled at their very place among the messages, not in a later microtask,
 * since a feed takes over from another one there.
 */
export class NodeLink implements NodePort {
  readonly #redis: Redis;
  readonly #clock: Clock;
  readonly #events: LinkEvents;
  readonly #exact = new ByteMap<Feed>();
  readonly #patterns = new ByteMap<Feed>();
  readonly #eventNames = new Names();
  #state: "open" | "down" = "open";
  /** When what is being read came: one look at the clock for all of it. */
  #arrivedAt = 0;
  #timer: Timer | undefined;
  /** When the PING under way was sent. */
  #asked: number | undefined;
  #lastGood: number;
  readonly #guards: Guards;
  /** When the watchdog is to look next. */
  #due = 0;

  /** @param redis connected and ready, with nothing subscribed */
  constructor(redis: Redis, clock: Clock, events: LinkEvents) {
    this.#redis = redis;
    this.#clock = clock;
    this.#events = events;
    this.#lastGood = clock.now();
    filterMessages<Feed>(redis, {
      arrived: () => {
        this.#arrivedAt = clock.now();
      },
      find: (data, spans, count) => this.#exact.getAll(data, spans, count),
      findPattern: (data, from, to) => this.#patterns.get(data, from, to),
      upcoming: (feeds) => this.#lookAhead(feeds),
      message: (feed, data, channel, { from, to }) => {
        if (feed === undefined) {
          const name = data.toString("latin1", channel.from, channel.to);
          this.#unasked(name, data.subarray(from, to));
        } else if (isOfKey(feed)) {
          this.#tell(feed, keyEvent(feed, this.#eventNames.read(data, from, to)));
        } else this.#receive(feed, feed.channel, data.subarray(from, to));
      },
      pmessage: (feed, channel, payload) => {
        if (feed !== undefined) this.#receive(feed, channel, payload);
      },
    });
    // What is left: an invalidation tells keys, or nothing where all are gone.
    redis.on("messageBuffer", (channel: Buffer, payload: unknown) => {
      if (payload === null && channel.toString("latin1") === INVALIDATE) this.#flushed();
    });
    this.#guards = new Guards(redis, () => clock.now(), {
      slotLost: (slot, heldSince) => {
        if (this.#state === "open") events.slotLost(slot, heldSince);
      },
      doubted: () => {
        if (this.#state === "open") events.doubted();
      },
    });
    // What ioredis cannot make sense of has been lost to us.
    redis.on("error", (error: Error) => this.#fail(error.message));
    redis.once("close", () => this.#fail("the connection was closed"));
    this.#due = clock.now();
    this.#watch();
  }

  /**
   * The last moment, ms since the Unix epoch, up to which everything told has arrived. Answers come in the
   * order of their PINGs, so the newest one's counts, whatever the clock was set to meanwhile.
   */
  get lastGood(): number {
    return this.#lastGood;
  }

  subscribe(feed: Feed): void {
    const names = this.#names(feed);
    const isAgain = names.get(feed.channel) !== undefined;
    if (feed.slot !== undefined && !isAgain) this.#guards.want(feed.slot);
    names.set(feed.channel, feed);
    this.#send(
      feed.kind,
      feed.channel,
      () => this.#events.acknowledged(feed),
      (error) => {
        // Of one that is asked for once more, the subscription before stands.
        if (!isAgain) this.#forget(feed);
        this.#events.refused(feed, error);
      },
    );
  }

  unsubscribe(feed: Feed): void {
    this.#forget(feed);
    const ignore = () => {};
    this.#send(
      feed.kind === "subscribe" ? "unsubscribe" : "punsubscribe",
      feed.channel,
      ignore,
      ignore,
    );
  }

  /** Listens to marks; to be asked before any feed, so that none of its events stands unmarked. */
  watchMarks(): void {
    const refused = (error: Error) => this.#events.unmarked(error);
    this.#send("subscribe", Buffer.from(MARKS_CHANNEL), () => {}, refused);
  }

  /** Listens to what client-side caching says of flushes. */
  async watchFlushes(): Promise<void> {
    await this.#redis.subscribe(INVALIDATE);
  }

  /** Has a cluster's node tell when it loses any of the slots that matter, of those it owns. */
  watchSlots(owned: readonly SlotRange[]): void {
    this.#guards.follow(owned);
  }

  guardedSince(slot: number): number | undefined {
    return this.#guards.since(slot);
  }

  probe(): void {
    const asked = this.#clock.now();
    this.#barrier(() => {
      this.#lastGood = asked;
    });
  }

  /** @param cause why it is of no use any more */
  close(cause = "the gateway closed it"): void {
    this.#fail(cause);
  }

  #names(feed: Feed): ByteMap<Feed> {
    return feed.kind === "subscribe" ? this.#exact : this.#patterns;
  }

  #forget(feed: Feed): void {
    const isKnown = this.#names(feed).delete(feed.channel);
    if (isKnown && feed.slot !== undefined) this.#guards.drop(feed.slot);
  }

  #lookAhead(feeds: readonly (Feed | undefined)[]): void {
    const listeners = feeds.map((feed) => feed?.sole?.soleListener);
    let sum = 0;
    for (const feed of feeds) sum += feed?.latin1?.length ?? 0;
    for (const listener of listeners) sum += listener?.lookAhead?.() ?? 0;
    look(sum);
  }

  #receive(feed: Feed, channel: Buffer, payload: Buffer): void {
    const said = parseNotification(channel, payload);
    if (said !== undefined) this.#tell(feed, said);
  }

  #tell(feed: Feed, said: ParsedNotification): void {
    if (this.#state === "open") this.#events.message(feed, said, this.#arrivedAt);
  }

  /** Came on a channel that no feed is of. */
  #unasked(channel: string, payload: Buffer): void {
    if (this.#state === "down" || channel !== MARKS_CHANNEL) return;
    const mark = parseMark(payload);
    if (mark !== undefined) this.#events.marked(mark);
  }

  #flushed(): void {
    if (this.#state === "open") this.#events.flushed(this.#lastGood);
  }

  #send(name: string, channel: Buffer, done: () => void, failed: (error: Error) => void): void {
    const command = new Command(name, [channel]);
    const settle = command.resolve;
    command.resolve = (reply: unknown) => {
      if (this.#state === "open") done();
      settle(reply);
    };
    this.#redis.sendCommand(command);
    command.promise.catch((error: Error) => {
      if (this.#state === "open") failed(error);
    });
  }

  #watch(): void {
    const now = this.#clock.now();
    // Where the clock was set back, the patience with a PING begins anew, and does not last as long as the step.
    if (this.#asked !== undefined) this.#asked = Math.min(this.#asked, now);
    if (this.#asked !== undefined && now - this.#asked >= PING_TIMEOUT) {
      if (now - this.#due <= LATE) {
        this.#fail(`it did not answer a PING within ${PING_TIMEOUT} ms`);
        return;
      }
      // It was not the node that stood still, and the answer may be waiting to be read.
      this.#watchIn(LATE, now);
      return;
    }
    if (this.#asked === undefined) this.#ping(now);
    this.#guards.sweep();
    this.#watchIn(PING_INTERVAL, now);
  }

  #watchIn(delay: number, now: number): void {
    this.#due = now + delay;
    this.#timer = this.#clock.after(delay, () => this.#watch());
  }

  #ping(now: number): void {
    this.#asked = now;
    this.#barrier(() => {
      this.#asked = undefined;
      this.#lastGood = now;
    });
  }

  /** @param passed called when all that the node told before it read a PING has arrived */
  #barrier(passed: () => void): void {
    const command = new Command("ping", []);
    const { resolve, reject } = command;
    const answered = () => {
      passed();
      if (this.#state === "open") this.#events.answered();
    };
    command.resolve = (reply: unknown) => {
      answered();
      resolve(reply);
    };
    command.reject = (error: Error) => {
      // A refusal is an answer, at its place among the messages: a server that cannot save refuses PING
      // as it does writes. Another failure is that of the connection, which is told as such.
      if (isReply(error)) answered();
      reject(error);
    };
    this.#redis.sendCommand(command);
    command.promise.catch(() => {});
  }

  #fail(cause: string): void {
    if (this.#state === "down") return;
    this.#state = "down";
    this.#timer?.cancel();
    this.#redis.removeAllListeners("messageBuffer");
    this.#guards.close();
    this.#redis.removeAllListeners("error");
    // An error that comes later is of no interest, but must not go unheard.
    this.#redis.on("error", () => {});
    this.#redis.disconnect();
    this.#events.down(cause);
  }
}
