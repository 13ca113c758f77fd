import type { CloseCode, GatewayMessage } from "@keywire/shared";
import type { Outgoing, Transport } from "../ports.js";

/** A transport that takes as much as the test lets it. */
export class FakeTransport implements Transport {
  readonly kind = "websocket";
  /** Bytes that it takes before it pushes back. */
  capacity: number;
  /** Told when it takes more again. */
  drained: () => void = () => {};
  ended: { readonly code: CloseCode; readonly reason: string } | undefined;
  readonly texts: string[] = [];
  /** How many times something was sent, whatever it was. */
  writes = 0;
  /** How often it was told to look ahead. */
  looks = 0;
  #buffered = 0;
  #state: "taking" | "pushing back" = "taking";

  constructor(capacity = Number.POSITIVE_INFINITY) {
    this.capacity = capacity;
  }

  lookAhead(): number {
    this.looks += 1;
    return this.looks;
  }

  send(items: readonly Outgoing[]): boolean {
    if (this.#state === "pushing back") throw new Error("sent to while it pushes back");
    this.writes += 1;
    for (const { text, bytes } of items) {
      if (Buffer.byteLength(text) !== bytes) throw new Error(`${bytes} bytes are not ${text}`);
      this.texts.push(...text.split("\n"));
      this.#buffered += bytes;
    }
    if (this.#buffered < this.capacity) {
      this.#buffered = 0;
      return true;
    }
    this.#state = "pushing back";
    return false;
  }

  get buffered(): number {
    return this.#buffered;
  }

  close(code: CloseCode, reason: string): void {
    if (this.ended !== undefined) throw new Error("closed twice");
    this.ended = { code, reason };
  }

  /** The client has taken all that was sent. */
  take(): void {
    this.#buffered = 0;
    if (this.#state === "taking") return;
    this.#state = "taking";
    this.drained();
  }

  get messages(): readonly GatewayMessage[] {
    return this.texts.map((text) => JSON.parse(text));
  }

  of<T extends GatewayMessage["type"]>(type: T): Extract<GatewayMessage, { type: T }>[] {
    return this.messages.filter(
      (message): message is Extract<GatewayMessage, { type: T }> => message.type === type,
    );
  }
}
