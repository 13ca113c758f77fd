import type { ChannelOptions, Clock, GatewayMessage } from "@keywire/shared";
import type { ConnectionState, StateChange, Subscription, Wire, WireEvents } from "./api.js";
import { Channels, type ChannelsPort } from "./channels.js";
import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { type KeywireError, reportUnheard } from "./errors.js";
import { listenForHints } from "./hints.js";
import { isOver } from "./over.js";
import type { Transports } from "./transports.js";

interface KeywireOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** How many messages a loop may fall behind. */
  readonly buffer: number;
  token(): Promise<string | undefined>;
}

/** Joins the connection to the channels, and both to the application. */
export class KeywireClient extends Emitter<WireEvents> implements Wire {
  readonly #transports: Transports;
  readonly #connection: Connection;
  readonly #channels: Channels;
  readonly #ignoreHints: () => void;

  constructor(options: KeywireOptions, transports: Transports) {
    super();
    this.#transports = transports;
    const port: ChannelsPort & KeywireOptions = {
      ...options,
      send: (message) => this.#connection.send(message),
      error: (error) => this.#error(error),
    };
    this.#channels = new Channels(port);
    this.#connection = new Connection(
      {
        ...port,
        channels: this.#channels,
        changed: (change, error) => this.#changed(change, error),
        receive: (message) => this.#receive(message),
      },
      transports,
    );
    this.#ignoreHints = listenForHints(() => this.#connection.hint());
    this.#start();
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  get transport(): "websocket" | "sse" {
    return this.#transports.current.name;
  }

  subscribe(channel: string, options: ChannelOptions = {}): Subscription {
    if (isOver(this)) throw new Error(`the connection is ${this.state}`);
    this.#start();
    return this.#channels.subscribe(channel, options);
  }

  close(): void {
    this.#connection.close();
  }

  /** Starts a turn later, so that the caller's listeners hear of the first change. */
  #start(): void {
    queueMicrotask(() => this.#connection.start());
  }

  #changed(change: StateChange<ConnectionState>, error: KeywireError | undefined): void {
    if (isOver(change)) {
      this.#ignoreHints();
      this.#channels.close(error);
    } else if (change.state === "open") this.#channels.restore();
    else this.#channels.lost(change.reason);
    this.emit("state", change);
    if (error !== undefined) this.#error(error);
  }

  #receive(message: GatewayMessage): void {
    if (message.type === "welcome") this.emit("welcome", message);
    else if (message.type === "goodbye") this.emit("goodbye", message);
    else this.#channels.receive(message);
  }

  #error(error: KeywireError): void {
    if (!this.emit("error", error)) reportUnheard(error);
  }
}
