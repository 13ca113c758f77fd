import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { hold, mintToken, waitFor } from "../support/index.js";
import type { Received } from "./client.js";

const TEXT = 1;
/** Bytes taken at a time by a client that drinks. */
const GULP = 64 * 1_024;

/**
 * A client that takes one byte of its socket at a time, as often as it is told to: in between, what
 * it has is the beginning of a frame, and the kernel's buffers are full.
 */
export class Sipper {
  readonly #socket: Socket;
  readonly #chunks: Buffer[] = [];
  /** Bytes it may still take; endless where undefined. */
  #allowance: number | undefined;
  #upgraded = 0;

  private constructor(port: number, request: string) {
    this.#socket = connect({
      port,
      host: "127.0.0.1",
      onread: {
        buffer: () => Buffer.alloc(this.#allowance === undefined ? GULP : 1),
        callback: (count, buffer) => this.#take(Buffer.from(buffer.subarray(0, count))),
      },
    });
    this.#socket.on("error", () => {});
    this.#socket.write(request);
    hold(() => {
      this.#socket.destroy();
    });
  }

  static async open(url: string, sub: string): Promise<Sipper> {
    const lines = [
      "GET /v1/ws HTTP/1.1",
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      `Authorization: Bearer ${await mintToken({ sub })}`,
    ];
    const sipper = new Sipper(Number(new URL(url).port), `${lines.join("\r\n")}\r\n\r\n`);
    await waitFor(() => sipper.#upgraded > 0, { what: "the upgrade" });
    return sipper;
  }

  /** From now on it takes as many bytes as it is allowed to. */
  sip(bytes: number): void {
    this.#allowance = bytes;
    this.#socket.resume();
  }

  /** From now on it takes all there is. */
  drink(): void {
    this.#allowance = undefined;
    this.#socket.resume();
  }

  send(message: object): void {
    const payload = Buffer.from(JSON.stringify(message));
    // A mask of zeros is a mask.
    const header = Buffer.from([0x80 | TEXT, 0x80 | 126, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16BE(payload.length, 2);
    this.#socket.write(Buffer.concat([header, payload]));
  }

  /** All whole messages so far. */
  get messages(): Received[] {
    const bytes = Buffer.concat(this.#chunks).subarray(this.#upgraded);
    const found: Received[] = [];
    for (let at = 0; at + 2 <= bytes.length; ) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
      if (at + 2 + wide > bytes.length) break;
      const length =
        wide === 2
          ? bytes.readUInt16BE(at + 2)
          : wide === 8
            ? Number(bytes.readBigUInt64BE(at + 2))
            : short;
      const end = at + 2 + wide + length;
      if (end > bytes.length) break;
      const isText = ((bytes[at] ?? 0) & 0x0f) === TEXT;
      const lines = isText ? bytes.toString("utf8", at + 2 + wide, end).split("\n") : [];
      for (const line of lines) found.push(JSON.parse(line));
      at = end;
    }
    return found;
  }

  #take(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    if (this.#upgraded === 0) {
      const end = Buffer.concat(this.#chunks).indexOf("\r\n\r\n");
      if (end >= 0) this.#upgraded = end + 4;
    }
    if (this.#allowance === undefined) return true;
    this.#allowance -= chunk.length;
    return this.#allowance > 0;
  }
}
