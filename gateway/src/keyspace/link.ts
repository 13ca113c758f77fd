import type { Clock, Timer } from "@keywire/shared";
import { Command, type Redis } from "ioredis";
import { feedName } from "./feed.js";
import { MARKS_CHANNEL } from "./marks.js";
import { filterMessages } from "./message-filter.js";
import type { Feed } from "./need.js";
import type { NodePort } from "./node-feeds.js";
import { isRefusal } from "./notify.js";

type Condition = NonNullable<Redis["condition"]>;

/** ms between two PINGs: each is a barrier, so the last answered one is the last moment known good. */
const PING_INTERVAL = 1_000;
/** ms an answer may take: with the interval, a dead link is found within 3 s. */
const PING_TIMEOUT = 1_900;
/** ms by which the watchdog may be late before it gives what has arrived meanwhile time to be read. */
const LATE = 100;
/** Where a RESP2 subscriber is told what client-side caching invalidates; a flush as a null. */
const INVALIDATE = "__redis__:invalidate";

export interface LinkEvents {
  acknowledged(feed: Feed): void;
  refused(feed: Feed, error: Error): void;
  message(feed: Feed, channel: Buffer, payload: Buffer): void;
  /** A mark, at its very place in the node's stream. */
  marked(payload: Buffer): void;
  /** Redis does not let us listen to marks. */
  unmarked(error: Error): void;
  /** A PING was answered, which cannot be in the middle of a transaction. */
  answered(): void;
  /** All keys of a database are gone, since the last moment known good. */
  flushed(lastGood: number): void;
  /** The node gave a slot away, perhaps all of them: told at that very place in its stream. */
  doubted(): void;
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
  readonly #exact = new Map<string, Feed>();
  readonly #patterns = new Map<string, Feed>();
  #state: "open" | "down" = "open";
  #timer: Timer | undefined;
  /** When the PING under way was sent. */
  #asked: number | undefined;
  #lastGood: number;
  /** The sharded channel by which the node tells when it gives its slot away. */
  #guard: string | undefined;
  /** Whether it may be asked for a guard: another refusal each second would help nobody. */
  #isGuardable = true;
  /** What ioredis knows of this connection's subscriptions. */
  #subscribed: Condition["subscriber"] = false;
  /** When the watchdog is to look next. */
  #due = 0;

  /** @param redis connected and ready, with nothing subscribed */
  constructor(redis: Redis, clock: Clock, events: LinkEvents) {
    this.#redis = redis;
    this.#clock = clock;
    this.#events = events;
    this.#lastGood = clock.now();
    filterMessages(redis, {
      message: (channel, payload) => {
        this.#receive(this.#exact.get(channel.toString("latin1")), channel, payload);
      },
      pmessage: (pattern, channel, payload) => {
        this.#receive(this.#patterns.get(pattern), channel, payload);
      },
    });
    // What is left: an invalidation tells keys, or nothing where all are gone.
    redis.on("messageBuffer", (channel: Buffer, payload: unknown) => {
      if (payload === null && channel.toString("latin1") === INVALIDATE) this.#flushed();
    });
    // ioredis' word for a `sunsubscribe` that nobody asked for.
    redis.on("moved", () => this.#moved());
    // What ioredis cannot make sense of has been lost to us.
    redis.on("error", (error: Error) => this.#fail(error.message));
    redis.once("close", () => this.#fail("the connection was closed"));
    this.#due = clock.now();
    this.#watch();
  }

  /** The last moment, ms since the Unix epoch, up to which everything told has arrived. */
  get lastGood(): number {
    return this.#lastGood;
  }

  subscribe(feed: Feed): void {
    this.#names(feed).set(feedName(feed), feed);
    this.#send(
      feed.kind,
      feed.channel,
      () => this.#events.acknowledged(feed),
      (error) => {
        this.#names(feed).delete(feedName(feed));
        this.#events.refused(feed, error);
      },
    );
  }

  unsubscribe(feed: Feed): void {
    this.#names(feed).delete(feedName(feed));
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

  /**
   * Has a cluster's node tell when it loses a slot, as it does to those who subscribed a sharded
   * channel there. Servers before Redis 7 know none, and others may not let us: then the next look
   * tells.
   *
   * @param channel whose slot the node owns
   */
  async watchSlot(channel: string): Promise<void> {
    if (!this.#isGuardable || this.#guard === channel) return;
    const previous = this.#guard;
    this.#guard = channel;
    try {
      await this.#redis.ssubscribe(channel);
      this.#subscribed = this.#redis.condition?.subscriber ?? false;
      if (previous !== undefined) await this.#redis.sunsubscribe(previous);
    } catch (error) {
      if (this.#guard === channel) this.#guard = undefined;
      const isElsewhere = error instanceof Error && error.message.startsWith("MOVED ");
      if (isRefusal(error) && !isElsewhere) this.#isGuardable = false;
    }
  }

  /** @param cause why it is of no use any more */
  close(cause = "the gateway closed it"): void {
    this.#fail(cause);
  }

  #names(feed: Feed): Map<string, Feed> {
    return feed.kind === "subscribe" ? this.#exact : this.#patterns;
  }

  #receive(feed: Feed | undefined, channel: Buffer, payload: Buffer): void {
    if (this.#state === "down") return;
    if (feed !== undefined) this.#events.message(feed, channel, payload);
    else if (channel.toString("latin1") === MARKS_CHANNEL) this.#events.marked(payload);
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

  /**
   * The node gave the guarded slot away. With the last of its sharded channels ioredis takes itself
   * for unsubscribed altogether, and what comes next for answers to commands.
   */
  #moved(): void {
    if (this.#state !== "open" || this.#guard === undefined) return;
    this.#guard = undefined;
    const { condition } = this.#redis;
    if (condition !== null) condition.subscriber ||= this.#subscribed;
    this.#events.doubted();
  }

  #watch(): void {
    const now = this.#clock.now();
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
    this.#watchIn(PING_INTERVAL, now);
  }

  #watchIn(delay: number, now: number): void {
    this.#due = now + delay;
    this.#timer = this.#clock.after(delay, () => this.#watch());
  }

  #ping(now: number): void {
    this.#asked = now;
    const command = new Command("ping", []);
    const settle = command.resolve;
    command.resolve = (reply: unknown) => {
      this.#asked = undefined;
      this.#lastGood = now;
      if (this.#state === "open") this.#events.answered();
      settle(reply);
    };
    // A PING that fails does so because the connection closed, which is told as such.
    this.#redis.sendCommand(command);
    command.promise.catch(() => {});
  }

  #fail(cause: string): void {
    if (this.#state === "down") return;
    this.#state = "down";
    this.#timer?.cancel();
    this.#redis.removeAllListeners("messageBuffer");
    this.#redis.removeAllListeners("moved");
    this.#redis.removeAllListeners("error");
    // An error that comes later is of no interest, but must not go unheard.
    this.#redis.on("error", () => {});
    this.#redis.disconnect();
    this.#events.down(cause);
  }
}
