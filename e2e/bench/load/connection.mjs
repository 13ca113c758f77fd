import { connect } from "node:net";
import { DIALECTS } from "./dialects.mjs";
import { clientFrame, FrameReader, PONG_FRAME } from "./frames.mjs";

/** @typedef {import("./dialects.mjs").Opening} Opening */
/** @typedef {import("./dialects.mjs").DialectName} DialectName */

/** Bytes. One buffer for all connections: each looks at what it was given before the next is read. */
const BUFFER = Buffer.allocUnsafeSlow(256 * 1_024);
const HEAD_END = "\r\n\r\n";
const NEWLINE = 0x0a;
/** How many bytes an event can be longer than the one before, by its numbers. */
const GROWTH = 8;
/** What marks an event of a stream. */
const STREAM_MARK = Buffer.from("event: event\n");
/** Engine.IO's ping, and the answer. */
const ENGINE_PING = 0x32;
const ENGINE_PONG = clientFrame("3");

/**
 * One client, as light as it gets: it reads frame headers, and of the messages what it needs to count
 * them.
 *
 * @typedef {object} ConnectionOwner
 * @property {(connection: Connection) => void} ready
 * @property {(connection: Connection, count: number) => void} delivered so many events in one go
 * @property {(connection: Connection, why: string) => void} lost
 */
export class Connection {
  /** How many events came. */
  count = 0;
  /** @type {readonly number[]} of its events, in the plan's cycle of writes */
  places;
  /** Where it can go on from: what the gateway answered last, and what came since. */
  epoch = "";
  offset = 0;
  #owner;
  #dialect;
  #opening;
  #frames = new FrameReader();
  #socket;
  /** @type {"opening" | "greeting" | "ready" | "gone"} */
  #state = "opening";
  #head = "";
  #awaited;
  /** Of the newest event: events differ in length by the digits of their numbers. */
  #length = 0;
  /** @type {Buffer} the end of what a stream gave last: a mark may stand across it */
  #tail = Buffer.alloc(0);

  /**
   * @param {{ readonly host: string, readonly port: number, readonly dialect: DialectName }} at
   * @param {Opening} opening
   * @param {readonly number[]} places
   * @param {ConnectionOwner} owner
   */
  constructor({ host, port, dialect }, opening, places, owner) {
    this.#dialect = DIALECTS[dialect];
    this.#opening = opening;
    this.places = places;
    this.#owner = owner;
    this.#awaited = this.#dialect.answers(opening);
    const callback = (/** @type {number} */ length) => {
      this.#read(length);
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: BUFFER, callback } });
    this.#socket.on("connect", () => this.#socket.write(this.#dialect.request(opening)));
    this.#socket.on("error", (error) => this.#lost(error.message));
    this.#socket.on("close", () => this.#lost("the server closed it"));
  }

  get isReady() {
    return this.#state === "ready";
  }

  /** Ends it at once, leaving nothing behind in the system. */
  close() {
    this.#state = "gone";
    this.#socket.resetAndDestroy();
  }

  // Of the frames

  /**
   * @param {Buffer} data
   * @param {number} start
   * @param {number} end
   */
  text(data, start, end) {
    if (this.#state === "ready") this.#count(data, start, end);
    else for (const line of data.toString("utf8", start, end).split("\n")) this.#control(line);
  }

  ping() {
    this.#socket.write(PONG_FRAME);
  }

  closed() {
    this.#lost("the server said goodbye");
  }

  /** @param {number} length */
  #read(length) {
    if (this.#state === "gone") return;
    if (this.#state === "opening") this.#readHead(length);
    else if (this.#dialect.counting === "stream") this.#readStream(length);
    else this.#frames.read(BUFFER, length, this);
  }

  /** @param {number} length */
  #readHead(length) {
    this.#head += BUFFER.toString("latin1", 0, length);
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const isStream = this.#dialect.counting === "stream";
    if (!this.#head.startsWith(isStream ? "HTTP/1.1 200" : "HTTP/1.1 101")) {
      this.#lost(this.#head);
      return;
    }
    const rest = Buffer.from(this.#head.slice(end + HEAD_END.length), "latin1");
    this.#head = "";
    this.#state = "greeting";
    for (const part of this.#dialect.greeting(this.#opening)) this.#socket.write(part);
    if (this.#awaited === 0) this.#ready();
    if (rest.length > 0 && !isStream) this.#frames.read(rest, rest.length, this);
  }

  /** @param {string} line */
  #control(line) {
    if (this.#state === "ready") {
      // Behind the last answer in the same frame.
      this.#delivered(1);
      return;
    }
    const said = this.#dialect.control(line, this.#opening);
    if (said === undefined) return;
    if (said !== "answer") {
      this.#socket.write(said);
      return;
    }
    if (line.startsWith('{"type":"subscribed"')) this.#place(line);
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#ready();
  }

  /** @param {string} line */
  #place(line) {
    const { epoch, offset } = JSON.parse(line);
    this.epoch = epoch;
    this.offset = offset;
  }

  // Counting

  /**
   * @param {Buffer} data
   * @param {number} start
   * @param {number} end
   */
  #count(data, start, end) {
    if (this.#dialect.counting === "lines") this.#countLines(data, start, end);
    else if (end - start === 1 && data[start] === ENGINE_PING) this.#socket.write(ENGINE_PONG);
    else this.#delivered(1);
  }

  /**
   * @param {Buffer} data
   * @param {number} start
   * @param {number} end
   */
  #countLines(data, start, end) {
    let count = 0;
    for (let line = start; line < end; ) {
      // `{"type":"event"`, and no other type has these letters there.
      const isEvent = data[line + 9] === 0x65 && data[line + 10] === 0x76;
      const next = this.#lineEnd(data, line, end);
      if (isEvent) count += this.#opening.value ? mergedIn(data, next) : 1;
      this.#length = next - line;
      line = next + 1;
    }
    if (count > 0) this.#delivered(count);
  }

  /**
   * Where a line ends: most are as long as the one before, or end where the frame does.
   *
   * @param {Buffer} data
   * @param {number} line
   * @param {number} end
   */
  #lineEnd(data, line, end) {
    if (end - line <= this.#length + GROWTH) return end;
    const guess = line + this.#length;
    if (this.#length > 0 && data[guess] === NEWLINE) return guess;
    let at = line;
    while (at < end && data[at] !== NEWLINE) at++;
    return at;
  }

  /** @param {number} length */
  #readStream(length) {
    const data = Buffer.concat([this.#tail, BUFFER.subarray(0, length)]);
    let count = 0;
    let at = data.indexOf(STREAM_MARK);
    while (at >= 0) {
      count += 1;
      at = data.indexOf(STREAM_MARK, at + STREAM_MARK.length);
    }
    const last = data.lastIndexOf(STREAM_MARK);
    const counted = last < 0 ? 0 : last + STREAM_MARK.length;
    this.#tail = Buffer.from(
      data.subarray(Math.max(counted, data.length - STREAM_MARK.length + 1)),
    );
    if (count > 0) this.#delivered(count);
  }

  /** @param {number} count */
  #delivered(count) {
    this.#owner.delivered(this, count);
  }

  #ready() {
    this.#state = "ready";
    this.#owner.ready(this);
  }

  /** @param {string} why */
  #lost(why) {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#socket.destroy();
    this.#owner.lost(this, why);
  }
}

/**
 * How many events a message that ends here stands for: `"merged":3}` stands last in it, if at all.
 *
 * @param {Buffer} data
 * @param {number} end
 */
function mergedIn(data, end) {
  const text = data.toString("latin1", Math.max(0, end - 24), end);
  return Number(/"merged":(\d+)\}$/.exec(text)?.[1] ?? 1);
}
