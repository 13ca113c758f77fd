import type { ConnectionState, KeywireError, StateChange, Wire } from "@keywire/client";
import { type ReadonlySignal, signal } from "@preact/signals";
import { sentence } from "../text/sentence.js";
import type { Connection } from "./channel.js";
import type { Stream } from "./stream.js";
import { needsToken } from "./token-codes.js";

/** One connection under one token: feeds the stream, and tells when the token has come to its end. */
export class GatewayLink {
  readonly #wire: Wire;
  readonly #stream: Stream;
  readonly #onTokenEnded: (reason: string) => void;
  readonly #connection = signal<Connection>({ kind: "connecting" });
  readonly #unlisten: (() => void)[];

  constructor(wire: Wire, stream: Stream, onTokenEnded: (reason: string) => void) {
    this.#wire = wire;
    this.#stream = stream;
    this.#onTokenEnded = onTokenEnded;
    this.#unlisten = [
      wire.on("state", (change) => this.#turn(change)),
      wire.on("error", (error) => this.#report(error)),
    ];
    stream.attach(wire);
  }

  get connection(): ReadonlySignal<Connection> {
    return this.#connection;
  }

  close(): void {
    for (const stop of this.#unlisten.splice(0)) stop();
    this.#stream.detach();
    this.#wire.close();
  }

  #turn({ state, reason }: StateChange<ConnectionState>): void {
    const { kind } = this.#connection.value;
    const next = connectionFor(state, sentence(reason), kind);
    this.#connection.value = next;
    // What has given up takes no more subscriptions; the stream keeps them for the next one.
    if (next.kind === "failed") this.#stream.detach();
    if (next.kind === kind) return;
    if (next.kind === "waiting") this.#noteLoss(kind === "open", reason);
    if (next.kind === "open" && kind === "waiting") this.#note("reconnected", "Connected.");
  }

  #report({ code, message }: KeywireError): void {
    if (needsToken(code)) this.#onTokenEnded(sentence(message));
    else this.#stream.note({ level: "error", code, text: sentence(message), channel: null });
  }

  #noteLoss(wasOpen: boolean, reason: string): void {
    const what = wasOpen ? "Connection lost." : "No connection yet.";
    this.#note("disconnected", `${what} ${sentence(reason)}`.trim());
  }

  #note(code: string, text: string): void {
    this.#stream.note({ level: "info", code, text, channel: null });
  }
}

/** The client's states in the page's words: an attempt after a loss is still part of reconnecting. */
function connectionFor(
  state: ConnectionState,
  reason: string,
  before: Connection["kind"],
): Connection {
  switch (state) {
    case "open":
      return { kind: "open" };
    case "failed":
      return { kind: "failed", reason };
    case "waiting":
      return { kind: "waiting" };
    case "idle":
    case "connecting":
    case "closed":
      return { kind: before === "waiting" || before === "open" ? "waiting" : "connecting" };
  }
}
