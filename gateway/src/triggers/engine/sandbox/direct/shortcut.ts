import { performance } from "node:perf_hooks";
import { type Clock, slotOf } from "@keywire/shared";
import { redirectOf } from "../../../commands/redirect.js";
import { unansweredReply, undecidedReply } from "../../../commands/reply.js";
import { inTransaction, outcomeOf, type Sides } from "../../../commands/transaction.js";
import { type Directory, NOBODY, type Route } from "../../ports.js";
import type { CommandKind } from "../../wire/messages.js";
import { type PackedCommand, packedLength } from "../../wire/packing.js";
import { Patience } from "../patience.js";
import { type DirectLine, Lost } from "./direct-line.js";
import { DirectLines } from "./direct-lines.js";

/** Kinds of commands that are remembered. */
const MAX_KINDS = 1_000;
/** What names of commands look like; others are not remembered, however many a library makes up. */
const NAME = /^[!-~]{1,64}$/;
/** Bytes of a command; more may not be taken by the socket in one go. */
const LARGE = 16 * 1_024;
/** ms before a kind is asked for again for which there was no way */
const ASK_AGAIN = 1_000;
/** ms for which a node is left to the main thread that sent somebody elsewhere, or is busy. */
const DETOUR = 100;

/** A command, and the way it goes. */
interface Errand {
  readonly command: PackedCommand;
  readonly route: Route;
  readonly sides: Sides;
  readonly node: Directory["nodes"][number];
  readonly line: DirectLine;
}

/**
 * Executes commands that a callback waits for on the worker's own connections, and so spares them
 * the way over the main thread and back. It does what is plain: one node, one answer. All else is
 * left to the main thread, which knows what to do when nodes change; so is what is asked for the
 * first time. States of a kind of command: unknown, asked for, and with a route.
 */
export class Shortcut {
  readonly #ask: (kind: CommandKind) => void;
  readonly #lines: DirectLines;
  readonly #routes = new Map<string, Route>();
  /** When it was asked for, ms of the monotonic clock. */
  readonly #askedAt = new Map<string, number>();
  readonly #patience = new Patience();
  #directory: Directory | undefined;

  /** @param ask is answered by `routed`, where there is a way */
  constructor(ask: (kind: CommandKind) => void, clock: Clock) {
    this.#ask = ask;
    this.#lines = new DirectLines(clock);
  }

  /**
   * Executes a command and waits for its reply.
   *
   * @returns undefined where it has to be executed by the main thread: it was not executed here
   */
  execute(command: PackedCommand): Uint8Array | undefined {
    const kind = kindOf(command);
    const route = kind && this.#routes.get(idOf(kind));
    if (route === undefined || this.#directory === undefined) return undefined;
    const place = this.#placeOf(command.words, route.firstKey);
    const { nodes, credentials } = this.#directory;
    const [node, sides] = [nodes[place], route.sides[place]];
    if (node === undefined || sides === undefined || packedLength(command) > LARGE)
      return undefined;
    const line = this.#lines.to(node, command.db, credentials);
    if (line === undefined) return undefined;
    return this.#exchange({ command, route, sides, node, line });
  }

  /** The main thread has executed a command: another time it may be done here. */
  passed(command: PackedCommand): void {
    const kind = kindOf(command);
    if (kind === undefined) return;
    const [id, now] = [idOf(kind), performance.now()];
    const isTooSoon = now - (this.#askedAt.get(id) ?? Number.NEGATIVE_INFINITY) < ASK_AGAIN;
    if (isTooSoon || this.#routes.has(id)) return;
    if (this.#askedAt.size >= MAX_KINDS) this.#forget();
    this.#askedAt.set(id, now);
    this.#ask(kind);
  }

  routed(kind: CommandKind, route: Route | undefined): void {
    if (route === undefined) return;
    this.#routes.set(idOf(kind), route);
    const { nodes, credentials } = this.#directory ?? {};
    // Where there is but one node, the event loop connects while it is turning.
    const [node] = nodes ?? [];
    if (nodes?.length === 1 && node && credentials) this.#lines.to(node, kind.db, credentials);
  }

  /** What was known of routes and nodes is not to be relied on any more. */
  follow(directory: Directory | undefined): void {
    this.#directory = directory;
    this.#forget();
    this.#lines.keep(directory?.nodes ?? []);
  }

  #forget(): void {
    this.#routes.clear();
    this.#askedAt.clear();
  }

  #exchange(errand: Errand): Uint8Array | undefined {
    const { command, sides, node, line } = errand;
    try {
      const { spin } = this.#patience;
      const text = inTransaction(command.words, sides);
      const { replies, isSpun } = line.exchange(text, sides.replies, spin);
      if (spin > 0) this.#patience.spun(isSpun);
      const outcome = outcomeOf(replies);
      if ("reply" in outcome) return outcome.reply;
      if (redirectOf(outcome.error, node.host).kind === "none") {
        return Buffer.from(`-${outcome.error}\r\n`);
      }
      this.#lines.avoid(node, DETOUR);
      return undefined;
    } catch (error) {
      if (error instanceof Lost) return replyTo(error, errand);
      throw error;
    }
  }

  /** @returns the node's place in the directory */
  #placeOf(words: PackedCommand["words"], firstKey: number): number {
    const owners = this.#directory?.owners;
    const key = firstKey === 0 ? undefined : words[firstKey];
    if (owners === undefined || key === undefined) return 0;
    return owners[slotOf(typeof key === "string" ? Buffer.from(key) : key)] ?? NOBODY;
  }
}

/** @returns undefined where the main thread may execute it */
function replyTo({ when, message }: Lost, { command, route }: Errand): Uint8Array | undefined {
  const name = String(command.words[0]);
  if (when === "unsent" || (when === "sent" && route.mayRepeat)) return undefined;
  // To wait for as long once more would be more than a command may take.
  return route.mayRepeat ? unansweredReply(name, message) : undecidedReply(name, message);
}

/** @returns undefined where such commands are always executed by the main thread */
function kindOf({ words, node, consumer, db, access }: PackedCommand): CommandKind | undefined {
  const [name] = words;
  if (node !== null || typeof name !== "string" || !NAME.test(name)) return undefined;
  return { name, consumer, db, access };
}

function idOf({ name, consumer, db, access }: CommandKind): string {
  return `${consumer} ${db} ${access} ${name}`;
}
