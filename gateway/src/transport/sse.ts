/**
 * A session's messages as Server-Sent Events.
 *
 * States: `holding` (the answers to what the request asked for are awaited: a refusal is still an
 * ordinary HTTP error), `streaming`, `closing` (the end is on its way), `gone`.
 *
 * Bounds: how much is held, and for how long; should the answers take longer than that, the stream
 * begins without them and a refusal is told in it. Then the response's own high-water mark, over which the session waits. A
 * client that does not take the end is cut off after `CLOSE_TIMEOUT`.
 */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type Clock, CloseCode, type Cursor, type Timer, WireError } from "@keywire/shared";
import { Places } from "./cursor.js";
import { COMMENT, eventOf, ONE_CHANNEL, retryIn } from "./event-stream.js";
import type { Heartbeat, Living } from "./heartbeat.js";
import type { Client, Messages, Outgoing, Single, Transport } from "./ports.js";
import { whenOver } from "./when-over.js";

/** ms a client has to take the end of its stream. */
const CLOSE_TIMEOUT = 2_000;
/** ms that the others are awaited for behind the first answer: a channel that Redis does not serve holds up no other. */
export const HOLD_TIMEOUT = 1_000;
/** Bytes of messages that may wait for the stream to begin. */
const MAX_HELD_BYTES = 64 * 1_024;

export interface SsePorts {
  readonly clock: Clock;
  readonly heartbeat: Heartbeat<SseTransport>;
  /** A number in [0, 1), to spread those that come back. */
  readonly random: () => number;
}

const HEAD: OutgoingHttpHeaders = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
  "X-Content-Type-Options": "nosniff",
};

export class SseTransport implements Transport, Living {
  readonly kind = "sse";
  readonly #response: ServerResponse;
  readonly #ports: SsePorts;
  readonly #places = new Places();
  readonly #head: OutgoingHttpHeaders;
  #settled: ((refusal: WireError | undefined) => void) | undefined;
  #client: Client | undefined;
  #state: "holding" | "streaming" | "closing" | "gone" = "holding";
  #held: Outgoing[] = [];
  #heldBytes = 0;
  /** Answers that are awaited before the stream begins. */
  #awaited = 1;
  /** To what comes next: the stream's begin, its end at the latest. */
  #deadline: Timer | undefined;

  /** @param head further headers of the response */
  constructor(response: ServerResponse, head: OutgoingHttpHeaders, ports: SsePorts) {
    this.#response = response;
    this.#head = head;
    this.#ports = ports;
  }

  /**
   * Connects it to its session, which will answer so many requests. Resolves when the stream has
   * begun.
   *
   * @throws WireError why it has not; then nothing has been written
   */
  async attach(client: Client, requests: number): Promise<void> {
    this.#client = client;
    this.#awaited = requests;
    whenOver(this.#response, () => this.#gone());
    const refusal = await new Promise<WireError | undefined>((resolve) => {
      this.#settled = resolve;
    });
    if (refusal === undefined) return;
    client.disconnected();
    throw refusal;
  }

  /** The client came with a place in a channel: ids name it till the channel moves on. */
  resumes(channel: string, since: Cursor): void {
    // What a gateway did not make up is not written into a stream's lines.
    if (/^[\w-]*$/.test(since.epoch)) this.#places.move(channel, since);
  }

  get isHolding(): boolean {
    return this.#state === "holding";
  }

  send(items: readonly Outgoing[]): boolean {
    switch (this.#state) {
      case "holding":
        this.#hold(items);
        return this.#keepsUp();
      case "streaming":
        this.#write(items);
        return this.#keepsUp();
      default:
        return true;
    }
  }

  get buffered(): number {
    return this.#response.writableLength + this.#heldBytes;
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === "holding") {
      this.#refuse(
        new WireError(code === CloseCode.TooMany ? "rate_limited" : "unavailable", reason),
      );
    } else if (this.#state === "streaming") {
      this.#state = "closing";
      this.#ports.heartbeat.remove(this);
      this.#response.end();
      this.#within(CLOSE_TIMEOUT, () => this.#response.destroy());
    }
  }

  // Of the heartbeat

  ping(): void {
    // A client that does not take what it was sent needs no comment.
    if (this.#state === "streaming" && this.#response.writableLength === 0) {
      this.#response.write(COMMENT);
    }
  }

  missed(): void {
    // Nothing comes back on a stream, and nothing is awaited.
  }

  // Before the stream

  #hold(items: readonly Outgoing[]): void {
    for (const item of items) {
      this.#held.push(item);
      this.#heldBytes += item.bytes;
      if (isMessages(item)) continue;
      if (item.type === "error") {
        this.#refuse(errorOf(item));
        return;
      }
      if (item.type !== "subscribed") continue;
      this.#awaited -= 1;
      // One that is answered does not wait for the others; where none is, there is nothing to tell yet.
      this.#deadline ??= this.#ports.clock.after(HOLD_TIMEOUT, () => this.#begin());
    }
    if (this.#awaited === 0 || this.#heldBytes > MAX_HELD_BYTES) this.#begin();
  }

  #begin(): void {
    this.#state = "streaming";
    this.#deadline?.cancel();
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    this.#response.writeHead(200, { ...HEAD, ...this.#head });
    this.#settled?.(undefined);
    this.#ports.heartbeat.add(this);
    this.#write(held);
  }

  #refuse(error: WireError): void {
    this.#state = "gone";
    this.#deadline?.cancel();
    this.#held = [];
    this.#heldBytes = 0;
    this.#settled?.(error);
  }

  #within(ms: number, late: () => void): void {
    this.#deadline?.cancel();
    this.#deadline = this.#ports.clock.after(ms, late);
  }

  // The stream

  #write(items: readonly Outgoing[]): void {
    const response = this.#response;
    if (items.length > 1) response.cork();
    for (const item of items) {
      if (isMessages(item)) response.write(this.#encode(item));
      else response.write(this.#encodeSingle(item));
    }
    if (items.length > 1) response.uncork();
  }

  #encode(messages: Messages): Uint8Array | string {
    const { channel, epoch, entries } = messages;
    if (this.#places.size === 1) {
      const last = entries.at(-1)?.offset ?? 0;
      this.#places.move(channel, { epoch, offset: last });
      return messages.encoded(ONE_CHANNEL);
    }
    return entries
      .map(({ type, text, offset }) => this.#event(type, text, channel, { epoch, offset }))
      .join("");
  }

  #encodeSingle({ type, text, channel, cursor }: Single): string {
    if (type === "goodbye") return this.#goodbye(text);
    if (channel === undefined) return eventOf(type, text);
    if (type === "unsubscribed") this.#places.leave(channel);
    // The answer may be followed by a gap: who lost the connection between the two comes with the old place.
    const isKept = type === "subscribed" && this.#places.has(channel);
    return this.#event(type, text, channel, isKept ? undefined : cursor);
  }

  #event(type: string, text: string, channel: string, cursor: Cursor | undefined): string {
    if (cursor !== undefined) this.#places.move(channel, cursor);
    return eventOf(type, text, this.#places.toString());
  }

  #goodbye(text: string): string {
    const { reconnect } = JSON.parse(text) as { reconnect: { min: number; max: number } };
    const { min, max } = reconnect;
    // A browser's own EventSource knows nothing of goodbyes, but waits as long as it is told.
    const wait = Math.round(min + this.#ports.random() * (max - min));
    return `${retryIn(wait)}${eventOf("goodbye", text)}`;
  }

  #keepsUp(): boolean {
    const { writableLength, writableHighWaterMark } = this.#response;
    if (this.#state !== "streaming" || writableLength < writableHighWaterMark) return true;
    this.#response.once("drain", () => this.#client?.drained());
    return false;
  }

  #gone(): void {
    if (this.#state === "holding")
      this.#refuse(new WireError("unavailable", "the client has gone"));
    this.#state = "gone";
    this.#deadline?.cancel();
    this.#ports.heartbeat.remove(this);
    this.#client?.disconnected();
  }
}

function isMessages(item: Outgoing): item is Messages {
  return "entries" in item;
}

/** Names the request that was refused, where that has an id: no other is at fault. */
function errorOf({ text }: Single): WireError {
  const { code, message, id } = JSON.parse(text) as Pick<WireError, "code" | "message" | "id">;
  return new WireError(code, message, { id });
}
