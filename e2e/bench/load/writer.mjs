import { once } from "node:events";
import { connect } from "node:net";

/** @typedef {{ readonly kind: "redis" | "nchan", readonly host: string, readonly port: number }} Target */

/** `+OK` and its line's end. */
const ANSWER_BYTES = 5;
const ERROR_REPLY = /^-[^\r]*|HTTP\/1\.1 [45]\d\d[^\r]*/;

/**
 * Writes keys as fast as it is told to: to Redis, or, for a server that knows nothing of Redis,
 * straight to it. Requests are ready-made, and answers looked at for errors alone.
 */
export class Writer {
  #socket;
  #requests;
  #bytes = 0;
  /** Told when Redis has answered some. */
  answered = () => {};

  /**
   * @param {import("node:net").Socket} socket
   * @param {readonly Buffer[]} requests
   */
  constructor(socket, requests) {
    this.#socket = socket;
    this.#requests = requests;
    socket.on("data", (/** @type {Buffer} */ data) => {
      // A plain "+OK" or "202" has neither; the first few bytes tell.
      const fault = ERROR_REPLY.exec(data.toString("latin1", 0, 100));
      if (fault !== null) socket.destroy(new Error(`a write was answered ${fault[0]}`));
      this.#bytes += data.length;
      this.answered();
    });
    socket.on("error", (error) => {
      throw error;
    });
  }

  /**
   * @param {Target} target
   * @param {readonly string[]} keys
   */
  static async open(target, keys) {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    await once(socket, "connect");
    const request = target.kind === "redis" ? setCommand : publication;
    return new Writer(socket, keys.map(request));
  }

  /**
   * Writes the keys at these places of the cycle, in one go.
   *
   * @param {number} from how many were written before
   * @param {number} to
   */
  write(from, to) {
    const { length } = this.#requests;
    if (to - from === 1) {
      this.#socket.write(/** @type {Buffer} */ (this.#requests[from % length]));
      return;
    }
    /** @type {Buffer[]} */
    const parts = [];
    for (let at = from; at < to; at++) {
      parts.push(/** @type {Buffer} */ (this.#requests[at % length]));
    }
    this.#socket.write(Buffer.concat(parts));
  }

  /** How many writes Redis has answered. */
  get answers() {
    return Math.floor(this.#bytes / ANSWER_BYTES);
  }

  get isBehind() {
    return this.#socket.writableNeedDrain;
  }

  close() {
    this.#socket.destroy();
  }
}

/** @param {string} key */
function setCommand(key) {
  return Buffer.from(`*3\r\n$3\r\nSET\r\n$${Buffer.byteLength(key)}\r\n${key}\r\n$1\r\n1\r\n`);
}

/** @param {string} key */
function publication(key) {
  const body = JSON.stringify({ event: "set", key, db: 0, time: Date.now() });
  return Buffer.from(
    `POST /pub?id=${key} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
