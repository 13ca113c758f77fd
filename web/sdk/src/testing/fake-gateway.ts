import type {
  ClientMessage,
  GatewayMessage,
  SequencedMessage,
  SnapshotEntry,
  SubscribeMessage,
} from "@keywire/shared";
import type { FakeSocket } from "./fake-socket.js";
import { CHANNEL, event, gap, subscribed, welcome } from "./messages.js";

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
  /** The sockets that are connected, and which of them are subscribed. */
  readonly #sockets = new Map<FakeSocket, "connected" | "subscribed">();
  #life = 0;
  #offset = 0;
  #serial = 0;
  /** The newest messages, without a hole; the source's alone, never those of one client. */
  #history: SequencedMessage[] = [];
  readonly #keys = new Map<string, string>();
  up = true;
  /** What befalls the next message to a client. */
  mischief: Mischief = "none";
  /** What clients have sent: taken in turn, for an answer may make a client send at once. */
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

  accept(socket: FakeSocket): void {
    if (!this.up) {
      socket.drop();
      return;
    }
    this.#sockets.set(socket, "connected");
    socket.onSent = (message) => this.#take(() => this.#receive(socket, message));
    socket.accept();
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
    const sockets = [...this.#subscribers()];
    for (const socket of sockets) this.#sockets.set(socket, "connected");
    for (let time = 0; time < count; time++) this.change(key);
    for (const socket of sockets) {
      this.#sockets.set(socket, "subscribed");
      this.#tellMissing(socket, gap(this.#offset, { reason: "slow_consumer", missed: count }));
    }
  }

  /** Forgets all but the newest `keep` messages. */
  forget(keep: number): void {
    this.#history = keep === 0 ? [] : this.#history.slice(-keep);
  }

  drop(code: number): void {
    for (const socket of [...this.#sockets.keys()]) {
      this.#sockets.delete(socket);
      socket.drop(code);
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
    for (const socket of this.#sockets.keys()) socket.say(message);
  }

  garble(): void {
    for (const socket of [...this.#sockets.keys()]) socket.frame("{");
  }

  #publish(message: SequencedMessage): void {
    this.#offset = message.offset;
    this.#history.push(message);
    for (const socket of this.#subscribers()) this.#deliver(socket, message);
  }

  *#subscribers(): Iterable<FakeSocket> {
    for (const [socket, state] of [...this.#sockets]) if (state === "subscribed") yield socket;
  }

  /** A gap of one client alone, and the snapshot that repeats its offset. */
  #tellMissing(socket: FakeSocket, message: SequencedMessage): void {
    if (this.mischief === "swallow_gap") {
      this.mischief = "none";
      return;
    }
    this.#deliver(socket, message);
    if (this.#snapshots) this.#deliver(socket, this.#snapshot(this.#offset));
  }

  #deliver(socket: FakeSocket, message: SequencedMessage): void {
    const { mischief } = this;
    if (mischief === "swallow" || mischief === "repeat") this.mischief = "none";
    if (mischief !== "swallow") socket.say(message);
    if (mischief === "repeat") socket.say(message);
  }

  #take(task: () => void): void {
    this.#inbox.push(task);
    if (this.#inbox.length > 1) return;
    for (let next = this.#inbox[0]; next !== undefined; next = this.#inbox[0]) {
      next();
      this.#inbox.shift();
    }
  }

  #receive(socket: FakeSocket, message: ClientMessage): void {
    if (message.type === "auth") socket.say(welcome());
    else if (message.type === "ping") socket.say({ type: "pong" });
    else if (message.type === "subscribe") this.#subscribe(socket, message);
    else {
      this.#sockets.set(socket, "connected");
      const { id, channel } = message;
      socket.say({ type: "unsubscribed", channel, ...(id !== undefined && { id }) });
    }
  }

  #subscribe(socket: FakeSocket, { id, since }: SubscribeMessage): void {
    this.#sockets.set(socket, "subscribed");
    const { epoch } = this;
    if (since === undefined) {
      const entries = this.#snapshots ? { snapshot: this.#entries() } : {};
      socket.say(subscribed(id, this.#offset, { epoch, ...entries }));
    } else if (this.mischief === "skip") {
      this.mischief = "none";
      socket.say(subscribed(id, this.#offset, { epoch, resumed: true }));
    } else if (this.#covers(since)) {
      socket.say(subscribed(id, since.offset, { epoch, resumed: true }));
      for (const message of this.#history) {
        if (message.offset > since.offset) this.#deliver(socket, message);
      }
    } else this.#expired(socket, id, since);
  }

  #expired(
    socket: FakeSocket,
    id: SubscribeMessage["id"],
    since: NonNullable<SubscribeMessage["since"]>,
  ): void {
    const { epoch } = this;
    const known = since.epoch === epoch;
    const place = known && this.#reading === "before" ? since.offset : this.#offset;
    socket.say(subscribed(id, place, { epoch, resumed: false }));
    const missed = known ? this.#offset - since.offset : null;
    const reason = known ? "history_expired" : "gateway_restarted";
    this.#tellMissing(socket, gap(this.#offset, { reason, missed }));
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
