import type { ChannelSpec, Stream } from "../record.js";
import { type Message, parseMessage } from "./message.js";
import { StreamLog } from "./stream-log.js";
import type { Subscribe, Transport, Wire } from "./transport.js";

/** ms between two pings: each pong is a sign that what was sent before has come. */
const PING_INTERVAL = 500;
/** ms between two attempts to connect, and to subscribe. */
const RETRY_DELAY = 250;

export interface ClientOptions {
  readonly name: string;
  readonly transport: Transport;
  readonly channels: readonly ChannelSpec[];
  readonly token: string;
  /** The gateway's `http://host:port`. */
  readonly url: () => string;
  /** Gives back one and the same string for equal ones: keys come by the million. */
  readonly intern: (text: string) => string;
}

type State =
  | { readonly name: "idle" | "left" }
  | { readonly name: "connected"; readonly wire: Wire; readonly pinging: NodeJS.Timeout }
  | { readonly name: "waiting"; readonly timer: NodeJS.Timeout };

/** A client of the gateway that knows the protocol alone; it logs all that it is told. */
export class ChaosClient {
  readonly name: string;
  readonly #options: ClientOptions;
  readonly #logs: ReadonlyMap<string, StreamLog>;
  /** By code: refusals of subscriptions, which are asked for again. */
  readonly refusals = new Map<string, number>();
  #state: State = { name: "idle" };
  #reading: "on" | "paused" = "on";
  #lastEventId: string | undefined;
  /** When the newest ping that was answered was sent, or the gateway received the newest event. */
  #goodUntil = 0;
  #pings: number[] = [];
  /** Subscriptions that will be asked for again, on this connection. */
  readonly #retries = new Set<NodeJS.Timeout>();

  constructor(options: ClientOptions) {
    this.name = options.name;
    this.#options = options;
    this.#logs = new Map(options.channels.map((channel) => [channel.name, new StreamLog(channel)]));
  }

  /** All its channels are served, and it reads. */
  get isServed(): boolean {
    return this.#reading === "on" && [...this.#logs.values()].every((log) => log.isSubscribed);
  }

  streams(): Stream[] {
    const { name, transport } = this.#options;
    return [...this.#logs.values()].map((log) => log.stream(name, transport.kind));
  }

  connect(): void {
    const { url, token, transport } = this.#options;
    this.#pings = [];
    const wire = transport.dial({
      url: url(),
      token,
      subscribes: [...this.#logs.values()].map((log, id) => subscribeTo(log, id)),
      lastEventId: this.#lastEventId,
      message: (text, id) => this.#take(wire, text, id),
      ended: () => this.#ended(wire),
    });
    if (this.#reading === "paused") wire.pause();
    const pinging = setInterval(() => this.#ping(), PING_INTERVAL);
    this.#enter({ name: "connected", wire, pinging });
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#reading = "paused";
    if (this.#state.name === "connected") this.#state.wire.pause();
  }

  resume(): void {
    this.#reading = "on";
    if (this.#state.name === "connected") this.#state.wire.resume();
  }

  /** Loses its connection; it comes back by itself. */
  disconnect(how: "orderly" | "abrupt"): void {
    if (this.#state.name === "connected") this.#state.wire.close(how);
  }

  /** Leaves for good: cut off, or having unsubscribed, where the transport lets it say so. */
  leave(how: "orderly" | "abrupt"): void {
    const state = this.#state;
    this.#enter({ name: "left" });
    if (state.name !== "connected") return;
    if (how === "orderly") {
      for (const channel of this.#logs.keys()) state.wire.send({ type: "unsubscribe", channel });
    }
    state.wire.close(how);
  }

  #ping(): void {
    if (this.#state.name !== "connected" || this.#reading === "paused") return;
    if (this.#state.wire.send({ type: "ping" })) this.#pings.push(Date.now());
  }

  #take(wire: Wire, text: string, id: string | undefined): void {
    if (this.#state.name !== "connected" || this.#state.wire !== wire) return;
    const now = Date.now();
    const message = parseMessage(text);
    this.#goodUntil = Math.max(this.#goodUntil, this.#signIn(message));
    if (id !== undefined) this.#lastEventId = id;
    this.#log(wire, message, now);
  }

  /** Up to when a message shows that all before it came; what waited to be read is no sign of now. */
  #signIn(message: Message): number {
    if (message.type === "pong") return this.#pings.shift() ?? 0;
    return message.type === "event" ? message.time : 0;
  }

  #log(wire: Wire, message: Message, at: number): void {
    if (message.type === "error") {
      this.#refused(wire, message.id, message.code);
      return;
    }
    if (message.type === "pong" || message.type === "other") return;
    const log = this.#logs.get(message.channel);
    if (log === undefined)
      throw new Error(`${this.name} is told of ${message.channel}, which it never asked for`);
    const { intern } = this.#options;
    switch (message.type) {
      case "subscribed": {
        const { epoch, offset, resumed } = message;
        log.subscribed({ kind: "subscribed", at, epoch, offset, resumed, since: log.cursor });
        return;
      }
      case "event": {
        const { offset, time } = message;
        const [key, event] = [intern(message.key), intern(message.event)];
        log.message({ kind: "event", at, offset, key, event, time });
        return;
      }
      case "gap": {
        const { offset, reason, from, to, missed } = message;
        log.message({ kind: "gap", at, offset, reason, from, to, missed });
      }
    }
  }

  /** A gateway that cannot serve the channel just now is asked again. */
  #refused(wire: Wire, id: unknown, code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    const log = typeof id === "number" ? [...this.#logs.values()][id] : undefined;
    if (log === undefined) return;
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      if (!wire.send(subscribeTo(log, Number(id)))) wire.close("abrupt");
    }, RETRY_DELAY);
    this.#retries.add(retry);
  }

  #ended(wire: Wire): void {
    if (this.#state.name !== "connected" || this.#state.wire !== wire) return;
    const now = Date.now();
    for (const log of this.#logs.values()) log.lost(now, this.#goodUntil);
    this.#enter({ name: "waiting", timer: setTimeout(() => this.connect(), RETRY_DELAY) });
  }

  /** The one place where the state changes. */
  #enter(state: State): void {
    if (this.#state.name === "connected") {
      clearInterval(this.#state.pinging);
      for (const retry of this.#retries) clearTimeout(retry);
      this.#retries.clear();
    }
    if (this.#state.name === "waiting") clearTimeout(this.#state.timer);
    this.#state = state;
  }
}

function subscribeTo({ channel, cursor }: StreamLog, id: number): Subscribe {
  return {
    type: "subscribe",
    id,
    channel: channel.name,
    ...(channel.events === undefined ? {} : { events: channel.events }),
    ...(cursor === undefined ? {} : { since: cursor }),
  };
}
