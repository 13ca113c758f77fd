import type { MessagePort } from "node:worker_threads";
import { errorReply } from "../../commands/reply.js";
import type {
  CommandContext,
  Commands,
  DirectAccess,
  EngineLimits,
  EnginePorts,
} from "../ports.js";
import type { CommandKind, ToSandbox } from "../wire/messages.js";
import { type PackedCommand, unpackCalls, unpackCommand } from "../wire/packing.js";
import { boundedReply } from "../wire/replies.js";
import { type SharedMemory, WINDOW, Word } from "../wire/shared-memory.js";
import { Intake } from "./intake.js";

/** What a worker asks Redis for, and how it is answered. */
export class CommandDesk {
  readonly #commands: Commands;
  readonly #direct: DirectAccess | undefined;
  readonly #memory: SharedMemory;
  readonly #bulk: MessagePort;
  readonly #post: (message: ToSandbox, transfer?: readonly ArrayBuffer[]) => void;
  readonly #limits: Pick<EngineLimits, "transfer" | "memory">;
  readonly #intake = new Intake();
  /** Bytes of replies to asynchronous commands, as they were posted; as a word that wraps around. */
  #posted = 0;
  /** By the consumers' numbers. */
  origins: readonly string[] = [];
  /** Asynchronous commands and look-ups under way. */
  underWay = 0;
  /** Ends being told of changes; undefined until the worker has asked for a way of its own. */
  #stop: (() => void) | undefined;

  constructor(
    { commands, direct }: Pick<EnginePorts, "commands" | "direct">,
    memory: SharedMemory,
    bulk: MessagePort,
    post: (message: ToSandbox, transfer?: readonly ArrayBuffer[]) => void,
    limits: Pick<EngineLimits, "transfer" | "memory">,
  ) {
    this.#commands = commands;
    this.#direct = direct;
    this.#memory = memory;
    this.#bulk = bulk;
    this.#post = post;
    this.#limits = limits;
  }

  /** A worker waits for the reply to a command. */
  asked(request: Uint8Array = this.#memory.request): void {
    const command = unpackCommand(request);
    const execute = () => this.#execute(command, (reply) => this.#answer(reply));
    // What was sent before must not be overtaken.
    if (this.#intake.isEmpty) execute();
    else this.#intake.add([execute].values());
  }

  /** @param requests packed by the worker's `Outbox` */
  sent(requests: Uint8Array): void {
    this.#intake.add(this.#beginnings(requests));
  }

  *#beginnings(requests: Uint8Array): Generator<() => void> {
    for (const { call, command } of unpackCalls(requests)) {
      yield () => {
        this.underWay++;
        this.#intake.begun();
        this.#execute(command, (reply) => {
          this.underWay--;
          this.#intake.ended();
          this.#reply(call, reply);
        });
      };
    }
  }

  #reply(call: number, answer: Uint8Array): void {
    const { memory } = this.#limits;
    const untaken = (this.#posted - Atomics.load(this.#memory.words, Word.Taken)) | 0;
    const isTooMuch = untaken + answer.length > memory;
    // Its own, as it may be a window on very much that came together.
    const reply = new Uint8Array(
      isTooMuch
        ? errorReply(`the replies that wait for the library have more than ${memory} bytes`)
        : answer,
    );
    this.#posted = (this.#posted + reply.length) | 0;
    this.#post({ type: "reply", call, reply }, [reply.buffer]);
  }

  locate(call: number, key: Uint8Array | undefined): void {
    this.underWay++;
    const nodes =
      key === undefined
        ? this.#commands.nodes()
        : this.#commands.nodeOf(key).then((node) => [node]);
    nodes
      .then(
        (nodes) => this.#post({ type: "located", call, nodes }),
        (error) => this.#post({ type: "located", call, nodes: [], error: String(error) }),
      )
      .finally(() => {
        this.underWay--;
      });
  }

  /** Tells the worker how to execute such commands by itself, where it may. */
  route(kind: CommandKind): void {
    const direct = this.#direct;
    const origin = this.origins[kind.consumer];
    if (direct === undefined || origin === undefined) return;
    if (this.#stop === undefined) {
      const tell = () => this.#post({ type: "directory", directory: direct.directory() });
      this.#stop = direct.onChange(tell);
      tell();
    }
    const { name, access } = kind;
    this.#post({ type: "routed", kind, route: direct.routeOf(name, { origin, access }) });
  }

  close(): void {
    this.#stop?.();
  }

  #execute(
    { consumer, db, access, node, words }: PackedCommand & { words: Buffer[] },
    done: (reply: Uint8Array) => void,
  ): void {
    const origin = this.origins[consumer];
    if (origin === undefined) {
      done(errorReply(`no consumer has the number ${consumer}`));
      return;
    }
    const context: CommandContext = { origin, db, access, ...(node !== null && { node }) };
    this.#commands.execute(words, context).then(
      (reply) => done(boundedReply(reply, this.#limits.transfer)),
      (error) => done(errorReply(String(error))),
    );
  }

  #answer(bytes: Uint8Array): void {
    const { words, reply } = this.#memory;
    if (bytes.length <= WINDOW) reply.set(bytes);
    else this.#bulk.postMessage(bytes);
    Atomics.store(words, Word.ReplyLength, bytes.length <= WINDOW ? bytes.length : -1);
    Atomics.store(words, Word.Reply, 1);
    Atomics.notify(words, Word.Reply);
  }
}
