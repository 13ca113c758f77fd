import type {
  ClientMessage,
  GatewayMessage,
  SequencedMessage,
  SnapshotEntry,
  SubscribeMessage,
} from "@keywire/shared";
import { CHANNEL, event, gap, subscribed, welcome } from "./messages.js";
import type { Peer } from "./peer.js";

/** How an answer with `resumed:false` tells its place: before the gap that follows, or behind it. */
export type Reading = "before" | "behind";

/** A lie to the next client: about a message, a gap that is due, or a place to resume from. */
export type Mischief = "none" | "swallow" | "repeat" | "swallow_gap" | "skip";

/**
 * A gateway with one channel, for tests of what clients make of it. It keeps the protocol, save
 * where a test makes it lie; and it knows what was true, so that a test can compare.
 */
export class FakeGateway {
  readonly #reading: Reading;
  readonly #snapshots: boolean;
  /** The peers that are connected, and which of them are subscribed. */
  readonly #peers = new Map<Peer, "connected" | "subscribed">();
  #life = 0;
  #offset = 0;
  #serial = 0;
  /** The newest messages, without a hole; the source's alone, never those of one client. */
  #history: SequencedMessage[] = [];
  readonly #keys = new Map<string, string>();
  up = true;
  /** What befalls the next message to a client. */
  mischief: Mischief = "none";
  /** What clients have sent. */
  readonly #inbox: (() => void)[] = [];

  constructor({ reading, snapshots }: { reading: Reading; snapshots: boolean }) {
    this.#reading = reading;
    this.#snapshots = snapshots;
  }

  get epoch(): string {
    return `e${this.#life}`;
  }

  get offset(): number {
    return this.#offset;
  }

  /** The serial number of the newest event; events bear theirs as their time. */
  get serial(): number {
    return this.#serial;
  }

  get keys(): ReadonlyMap<string, string> {
    return this.#keys;
  }

  accept(peer: Peer): void {
    if (!this.up) {
      peer.drop();
      return;
    }
    this.#peers.set(peer, "connected");
    peer.onSent = (message) => this.#take(() => this.#receive(peer, message));
    peer.accept();
  }

  /** A key changes: the event bears its serial number and where it stands. */
  change(key: string): void {
    this.#serial += 1;
    const value = String(this.#serial);
    this.#keys.set(key, value);
    this.#publish({
      ...event(this.#offset + 1),
      key,
      time: this.#serial,
      value: { type: "string", data: value },
    });
  }

  /** The source lost something, a change of `key` among it. */
  loseSource(key: string): void {
    this.#serial += 1;
    this.#keys.set(key, String(this.#serial));
    this.#publish(gap(this.#offset + 1));
    if (this.#snapshots) this.#publish(this.#snapshot(this.#offset + 1));
  }

  /** Each client's queue overflows while `count` events are published. */
  overflow(key: string, count: number): void {
    const peers = [...this.#subscribers()];
    for (const peer of peers) this.#peers.set(peer, "connected");
    for (let time = 0; time < count; time++) this.change(key);
    for (const peer of peers) {
      this.#peers.set(peer, "subscribed");
      this.#tellMissing(peer, gap(this.#offset, { reason: "slow_consumer", missed: count }));
    }
  }

  /** Forgets all but the newest `keep` messages. */
  forget(keep: number): void {
    this.#history = keep === 0 ? [] : this.#history.slice(-keep);
  }

  drop(code: number): void {
    for (const peer of [...this.#peers.keys()]) {
      this.#peers.delete(peer);
      peer.drop(code);
    }
  }

  /** Goes away and comes back as another, to which all offsets are new. */
  restart(): void {
    this.drop(1012);
    this.#life += 1;
    this.#offset = 0;
    this.#history = [];
  }

  say(message: GatewayMessage): void {
    for (const peer of this.#peers.keys()) peer.say(message);
  }

  garble(): void {
    for (const peer of [...this.#peers.keys()]) peer.frame("{");
  }

  #publish(message: SequencedMessage): void {
    this.#offset = message.offset;
    this.#history.push(message);
    for (const peer of this.#subscribers()) this.#deliver(peer, message);
  }

  *#subscribers(): Iterable<Peer> {
    for (const [peer, state] of [...this.#peers]) if (state === "subscribed") yield peer;
  }

  /** A gap of one client alone, and the snapshot that repeats its offset. */
  #tellMissing(peer: Peer, message: SequencedMessage): void {
    if (this.mischief === "swallow_gap" || this.mischief === "swallow") {
      this.mischief = "none";
      return;
    }
    this.#deliver(peer, message);
    if (this.#snapshots) this.#deliver(peer, this.#snapshot(this.#offset));
  }

  #deliver(peer: Peer, message: SequencedMessage): void {
    const { mischief } = this;
    if (mischief === "swallow" || mischief === "repeat") this.mischief = "none";
    if (mischief !== "swallow") peer.say(message);
    if (mischief === "repeat") peer.say(message);
  }

  /** Answers a moment later and in order, as whoever is at the other end of a line does. */
  #take(task: () => void): void {
    this.#inbox.push(task);
    if (this.#inbox.length > 1) return;
    queueMicrotask(() => {
      for (let next = this.#inbox[0]; next !== undefined; next = this.#inbox[0]) {
        next();
        this.#inbox.shift();
      }
    });
  }

  #receive(peer: Peer, message: ClientMessage): void {
    if (message.type === "auth") peer.say(welcome());
    else if (message.type === "ping") peer.say({ type: "pong" });
    else if (message.type === "subscribe") this.#subscribe(peer, message);
    else {
      this.#peers.set(peer, "connected");
      const { id, channel } = message;
      peer.say({ type: "unsubscribed", channel, ...(id !== undefined && { id }) });
    }
  }

  #subscribe(peer: Peer, { id, since }: SubscribeMessage): void {
    this.#peers.set(peer, "subscribed");
    const { epoch } = this;
    if (since === undefined) {
      const entries = this.#snapshots ? { snapshot: this.#entries() } : {};
      peer.say(subscribed(id, this.#offset, { epoch, ...entries }));
    } else if (this.mischief === "skip") {
      this.mischief = "none";
      peer.say(subscribed(id, this.#offset, { epoch, resumed: true }));
    } else if (this.#covers(since)) {
      peer.say(subscribed(id, since.offset, { epoch, resumed: true }));
      for (const message of this.#history) {
        if (message.offset > since.offset) this.#deliver(peer, message);
      }
    } else this.#expired(peer, id, since);
  }

  #expired(
    peer: Peer,
    id: SubscribeMessage["id"],
    since: NonNullable<SubscribeMessage["since"]>,
  ): void {
    const { epoch } = this;
    const known = since.epoch === epoch;
    const place = known && this.#reading === "before" ? since.offset : this.#offset;
    peer.say(subscribed(id, place, { epoch, resumed: false }));
    const missed = known ? this.#offset - since.offset : null;
    const reason = known ? "history_expired" : "gateway_restarted";
    this.#tellMissing(peer, gap(this.#offset, { reason, missed }));
  }

  #covers({ epoch, offset }: { epoch: string; offset: number }): boolean {
    const oldest = this.#history[0]?.offset ?? this.#offset + 1;
    return epoch === this.epoch && offset >= oldest - 1 && offset <= this.#offset;
  }

  #snapshot(offset: number): SequencedMessage {
    return { type: "snapshot", channel: CHANNEL, offset, snapshot: this.#entries() };
  }

  #entries(): SnapshotEntry[] {
    return [...this.#keys].map(([key, data]) => ({ key, value: { type: "string", data } }));
  }
}
