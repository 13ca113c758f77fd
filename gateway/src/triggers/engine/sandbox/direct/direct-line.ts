import { readSync, writeSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Clock } from "@keywire/shared";
import { CLOSED, Line, SILENCE_TIMEOUT, UNASKED } from "../../../commands/line.js";
import type { Credentials, Endpoint } from "../../../commands/ports.js";
import { ReplyScanner } from "../../../commands/reply-scanner.js";

/** Bytes that are read at once. */
const WINDOW = 64 * 1_024;
/** ms after which a connection is looked at before it is written to: it may have ended meanwhile. */
const REST = 0.2;
/** ms between two looks once it is not spun any more: the first, and the longest. */
const NAPS = { first: 0.05, longest: 1 };

/** The connection was lost. */
export class Lost extends Error {
  override readonly name = "Lost";
  /** `unsent`: nothing was executed; `silent`: it was waited for as long as is waited for an answer. */
  readonly when: "unsent" | "sent" | "silent";

  constructor(message: string, when: Lost["when"]) {
    super(message);
    this.when = when;
  }
}

/**
 * A connection on which a thread asks and waits: it writes and reads the socket itself, and nothing
 * else of the thread runs meanwhile. In between, its event loop looks after the connection as after
 * any other, so one that is lost is known to be.
 */
export class DirectLine {
  readonly #line: Line;
  readonly #window = Buffer.allocUnsafe(WINDOW);
  /** Nobody notifies it. */
  readonly #sleep = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** When it was used last, ms of the monotonic clock. */
  usedAt = performance.now();

  /** @param ended told once, when it can be used no more */
  constructor(
    endpoint: Endpoint,
    db: number,
    credentials: Credentials,
    clock: Clock,
    ended: () => void,
  ) {
    this.#line = new Line(endpoint, db, credentials, clock, ended);
  }

  get isOpen(): boolean {
    return this.#line.descriptor !== undefined;
  }

  close(): void {
    this.#line.close();
  }

  /**
   * Sends commands and waits for what they are answered.
   *
   * @param text RESP as latin1
   * @param count how many replies there will be
   * @param spin how long to spin before it naps, ms
   * @throws Lost then it is closed as well
   */
  exchange(
    text: string,
    count: number,
    spin: number,
  ): { readonly replies: Buffer[]; readonly isSpun: boolean } {
    let isSent = false;
    try {
      const { descriptor } = this.#line;
      if (descriptor === undefined) throw new Error("the connection is not open");
      return withoutStacks(() => {
        if (performance.now() - this.usedAt > REST) this.#expectSilence(descriptor);
        write(descriptor, text);
        isSent = true;
        const read = this.#read(descriptor, count, spin);
        this.usedAt = performance.now();
        return read;
      });
    } catch (error) {
      this.close();
      if (error instanceof Lost) throw error;
      const message = error instanceof Error ? error.message : String(error);
      throw new Lost(message, isSent ? "sent" : "unsent");
    }
  }

  /** The event loop may not have turned since the connection ended: nothing was sent then. */
  #expectSilence(descriptor: number): void {
    const length = this.#readSome(descriptor);
    if (length === 0) throw new Error(CLOSED);
    if (length !== undefined) throw new Error(UNASKED);
  }

  #read(descriptor: number, count: number, spin: number) {
    const scanner = new ReplyScanner();
    const replies: Buffer[] = [];
    let isSpun = true;
    while (replies.length < count) {
      const next = this.#next(descriptor, spin);
      scanner.push(next.chunk, (reply) => replies.push(reply));
      isSpun &&= next.isSpun;
    }
    if (replies.length === count && scanner.isEmpty) return { replies, isSpun };
    throw new Error("the node answered more than it was asked");
  }

  /** What comes next, and whether it was spun for. */
  #next(descriptor: number, spin: number) {
    const began = performance.now();
    for (let isSpun = true; ; isSpun = false) {
      let silence = 0;
      do {
        const length = this.#readSome(descriptor);
        if (length === 0) throw new Error(CLOSED);
        if (length !== undefined) {
          return { chunk: Buffer.from(this.#window.subarray(0, length)), isSpun };
        }
        silence = performance.now() - began;
      } while (silence < spin);
      if (silence >= SILENCE_TIMEOUT) {
        throw new Lost(`the node owes an answer for ${SILENCE_TIMEOUT} ms`, "silent");
      }
      Atomics.wait(this.#sleep, 0, 0, Math.min(NAPS.longest, Math.max(NAPS.first, silence / 4)));
    }
  }

  /** @returns undefined where there is nothing yet */
  #readSome(descriptor: number): number | undefined {
    try {
      return readSync(descriptor, this.#window);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return undefined;
      throw error;
    }
  }
}

/** A part of a transaction is as good as nothing: the node has not been told to execute it. */
function write(descriptor: number, text: string): void {
  const sent = writeSync(descriptor, text, null, "latin1");
  if (sent < text.length) throw new Error(`${sent} of ${text.length} bytes could be written`);
}

/** Errors are how Node says that there is nothing to read yet; their stacks would take longer than the look. */
function withoutStacks<T>(task: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return task();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
