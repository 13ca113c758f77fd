import type { Socket } from "node:net";

/** What is wrong with a link. `delay` is in ms, `trickle` in bytes every `TICK`. */
export type Fault =
  | { readonly kind: "none" }
  | { readonly kind: "stall" }
  | { readonly kind: "block" }
  | { readonly kind: "delay"; readonly ms: number }
  | { readonly kind: "trickle"; readonly bytesPerTick: number };

/** ms between two portions of a trickle */
const TICK = 10;
/** Bytes held back before the pipe stops reading, as a network's buffers end somewhere too. */
const HELD_LIMIT = 64 * 1024 * 1024;

/** What came, and when: ms of the monotonic clock. */
interface Chunk {
  bytes: Buffer;
  readonly at: number;
}

/** One direction of a link: what one socket says, the other is told, as the fault allows. */
export class Pipe {
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly held: Chunk[] = [];
  private waitingBytes = 0;
  private fault: Fault = { kind: "none" };
  /** How the source ended, which the other side learns after the last byte. */
  private source: "open" | "ended" | "failed" | "dropped" = "open";
  private timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.from = from;
    this.to = to;
    from.on("data", (bytes) => this.take(bytes));
    from.once("end", () => this.sourceEnds("ended"));
    // The reason is of no interest here: that it failed reaches the other side as a reset.
    from.on("error", () => this.sourceEnds("failed"));
    from.once("close", () => this.sourceEnds("ended"));
    to.on("drain", () => this.pump());
    to.once("close", () => this.drop());
  }

  /** Bytes that came and are not forwarded yet. */
  get heldBytes(): number {
    return this.waitingBytes;
  }

  apply(fault: Fault): void {
    this.fault = fault;
    this.readOrNot();
    this.pump();
  }

  /** Forwards nothing any more. */
  drop(): void {
    clearTimeout(this.timer);
    this.held.length = 0;
    this.waitingBytes = 0;
    this.source = "dropped";
  }

  private take(bytes: Buffer): void {
    if (this.source === "dropped") return;
    this.held.push({ bytes, at: performance.now() });
    this.waitingBytes += bytes.length;
    this.readOrNot();
    this.pump();
  }

  private sourceEnds(how: "ended" | "failed"): void {
    if (this.source === "open") this.source = how;
    this.pump();
  }

  private pump(): void {
    clearTimeout(this.timer);
    while (this.isPassing()) {
      const [chunk] = this.held;
      if (!chunk) {
        this.passOnEnd();
        return;
      }
      const wait = this.forward(chunk);
      if (wait > 0) {
        this.timer = setTimeout(() => this.pump(), wait);
        return;
      }
    }
  }

  private isPassing(): boolean {
    const held = this.fault.kind === "stall" || this.fault.kind === "block";
    return !held && !this.to.writableNeedDrain && this.source !== "dropped";
  }

  /** Forwards what may be forwarded of the chunk; the answer is how many ms the next waits. */
  private forward(chunk: Chunk): number {
    switch (this.fault.kind) {
      case "trickle":
        this.write(chunk, this.fault.bytesPerTick);
        return TICK;
      case "delay": {
        const wait = chunk.at + this.fault.ms - performance.now();
        if (wait <= 0) this.write(chunk, chunk.bytes.length);
        return wait;
      }
      default:
        this.write(chunk, chunk.bytes.length);
        return 0;
    }
  }

  private write(chunk: Chunk, count: number): void {
    const portion = chunk.bytes.subarray(0, count);
    chunk.bytes = chunk.bytes.subarray(count);
    if (chunk.bytes.length === 0) this.held.shift();
    this.waitingBytes -= portion.length;
    this.readOrNot();
    this.to.write(portion);
  }

  private readOrNot(): void {
    if (this.fault.kind === "block" || this.waitingBytes > HELD_LIMIT) this.from.pause();
    else this.from.resume();
  }

  private passOnEnd(): void {
    if (this.source === "failed") this.to.resetAndDestroy();
    else if (this.source === "ended" && !this.to.writableEnded) this.to.end();
  }
}
