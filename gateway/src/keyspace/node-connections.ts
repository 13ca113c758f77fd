import type { Clock, Timer } from "@keywire/shared";
import type { Redis } from "ioredis";
import { connectControl, connectSubscriber } from "./connection.js";
import { encodeMended, MARKS_CHANNEL } from "./marks.js";
import { isRefusal, type NotifyingNode } from "./notify.js";
import { type Endpoint, type RedisTarget, show } from "./target.js";

/** How long a node may take, once connected, until it is found ready to be listened to, ms. */
const HANDSHAKE_TIMEOUT = 2_000;
/** Nothing is written under this prefix: client-side caching tells a flush whatever the prefix. */
const TRACKED_PREFIX = "{keywire}:flush";

/**
 * The two connections to a node, used until either fails: one subscribes; the other asks, and makes
 * Redis tell the first of flushes.
 */
export class NodeConnections implements NotifyingNode {
  readonly address: string;
  readonly control: Redis;
  readonly subscriber: Redis;
  shownWithNew: string | undefined;
  readonly #openSubscriber: () => Redis;
  readonly #name: string | undefined;
  readonly #database: number;
  #refusal: Error | undefined;

  /** @param name the node's in marks: undefined outside clusters */
  constructor(target: RedisTarget, endpoint: Endpoint, name: string | undefined) {
    this.#name = name;
    this.#database = target.db;
    this.address = show(endpoint);
    this.#openSubscriber = () => connectSubscriber(target, endpoint);
    this.control = connectControl(target, endpoint);
    this.subscriber = this.#openSubscriber();
  }

  /** What the node does not let us know, though it can be listened to. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /**
   * Connects both.
   *
   * @param prepare makes the node ready, once it is connected
   * @throws Error what went wrong first; only the subscriber is closed then
   */
  async open(clock: Clock, prepare: () => Promise<unknown>): Promise<void> {
    const failed = firstError(this.control, this.subscriber);
    const late = this.#timeout(clock);
    const ready = this.#handshake().then(prepare);
    // Whoever fails first says why; the others fail because of it.
    ready.catch(() => {});
    await Promise.race([failed, late.promise, ready])
      .catch((error: unknown) => {
        this.subscriber.disconnect();
        throw error;
      })
      .finally(() => late.cancel());
  }

  /** Opens one more connection that can subscribe; whoever asked closes it. */
  async openSubscriber(): Promise<Redis> {
    const subscriber = this.#openSubscriber();
    subscriber.on("error", () => {});
    await subscriber.connect();
    return subscriber;
  }

  tellMended(letters: string): Promise<unknown> {
    return this.control.publish(MARKS_CHANNEL, encodeMended(this.#name, letters));
  }

  /** A node that takes connections and says nothing would be waited for until its network gives up. */
  #timeout(clock: Clock): { readonly promise: Promise<never>; cancel(): void } {
    let timer: Timer | undefined;
    const promise = new Promise<never>((_, reject) => {
      timer = clock.after(HANDSHAKE_TIMEOUT, () =>
        reject(new Error(`${this.address} was not ready within ${HANDSHAKE_TIMEOUT} ms`)),
      );
    });
    return { promise, cancel: () => timer?.cancel() };
  }

  /** Redis takes subscriptions to the keys of a database that is not there, and never tells of one. */
  async #checkDatabase(): Promise<void> {
    const db = this.#database;
    if (db === 0) return;
    try {
      await this.control.select(db);
      await this.control.select(0);
    } catch (error) {
      // Who may not ask may listen all the same.
      if (!isRefusal(error) || error.message.startsWith("NOPERM")) return;
      throw new Error(`${this.address} has no database ${db}: ${error.message}`);
    }
  }

  async #handshake(): Promise<void> {
    await Promise.all([this.control.connect(), this.subscriber.connect()]);
    await this.#checkDatabase();
    const id = await this.subscriber.client("ID");
    const prefix = ["BCAST", "PREFIX", TRACKED_PREFIX];
    try {
      await this.control.call("CLIENT", "TRACKING", "ON", "REDIRECT", id, ...prefix);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.refuse("CLIENT TRACKING", error);
    }
  }

  /** Notes what the node did not allow of what it takes to know of flushes. */
  refuse(command: string, { message }: Error): Error {
    const what = `${this.address} refuses ${command}, so a flush cannot be told`;
    this.#refusal = new Error(`${what}: ${message}`);
    return this.#refusal;
  }
}

/** Rejects with the first thing that goes wrong on either, which says more than "closed" does. */
function firstError(...connections: readonly Redis[]): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    for (const connection of connections) connection.on("error", reject);
  });
  failed.catch(() => {});
  return failed;
}
