import { performance } from "node:perf_hooks";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { ASKED, type FromSandbox } from "../wire/messages.js";
import { type PackedCommand, packCommand, packedLength } from "../wire/packing.js";
import { type SharedMemory, WINDOW, Word } from "../wire/shared-memory.js";
import { Outbox } from "./outbox.js";
import { Patience } from "./patience.js";

/** The worker's way to the main thread. */
export class Bridge {
  readonly #port: MessagePort;
  readonly #bulk: MessagePort;
  readonly #memory: SharedMemory;
  readonly #request: Buffer;
  readonly #reply: Buffer;
  readonly #patience = new Patience();
  readonly #outbox = new Outbox((requests) => {
    this.#port.postMessage({ type: "sent", requests } satisfies FromSandbox, [requests.buffer]);
  });

  constructor(port: MessagePort, bulk: MessagePort, memory: SharedMemory) {
    this.#port = port;
    this.#bulk = bulk;
    this.#memory = memory;
    this.#request = bufferOver(memory.request);
    this.#reply = bufferOver(memory.reply);
  }

  post(message: FromSandbox, transfer: readonly ArrayBuffer[] = []): void {
    // What was sent before must not be overtaken: no job has ended of which a command is still here.
    this.flush();
    this.#port.postMessage(message, transfer);
  }

  /**
   * Has a command executed and waits for its reply.
   *
   * @returns good until the next one
   */
  ask(command: PackedCommand): Uint8Array {
    const { words } = this.#memory;
    Atomics.store(words, Word.Reply, 0);
    if (packedLength(command) <= WINDOW) {
      packCommand(command, this.#request);
      this.post(ASKED);
    } else {
      const request = packed(command);
      this.post({ type: "asked", request }, [request.buffer]);
    }
    this.#await(words);
    const length = Atomics.load(words, Word.ReplyLength);
    return length < 0 ? this.#fromBulk() : this.#reply.subarray(0, length);
  }

  #await(words: Int32Array): void {
    const spin = this.#patience.spin;
    if (spin > 0) {
      const until = performance.now() + spin;
      while (Atomics.load(words, Word.Reply) === 0 && performance.now() < until);
      this.#patience.spun(Atomics.load(words, Word.Reply) !== 0);
    }
    while (Atomics.load(words, Word.Reply) === 0) Atomics.wait(words, Word.Reply, 0);
  }

  /** It leaves with others, at the next `flush` at the latest. */
  send(call: number, command: PackedCommand): void {
    this.#outbox.add(call, command);
  }

  flush(): void {
    this.#outbox.flush();
  }

  /** So much of a reply that came by itself has been taken. */
  taken(bytes: number): void {
    Atomics.add(this.#memory.words, Word.Taken, bytes);
  }

  #fromBulk(): Uint8Array {
    const received = receiveMessageOnPort(this.#bulk);
    if (received === undefined) throw new Error("a reply was announced and is not there");
    return received.message;
  }
}

function packed(command: PackedCommand): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(packedLength(command));
  packCommand(command, bufferOver(bytes));
  return bytes;
}

function bufferOver({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
