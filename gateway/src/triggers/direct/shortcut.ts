import { type Clock, slotOf } from "@keywire/shared";
import { encode } from "../commands/line.js";
import { redirectOf } from "../commands/redirect.js";
import { undecidedReply } from "../commands/reply.js";
import { outcomeOf, TRANSACTION_REPLIES } from "../commands/transaction.js";
import { Patience } from "../engine/sandbox/patience.js";
import type { CommandKind } from "../engine/wire/messages.js";
import type { PackedCommand } from "../engine/wire/packing.js";
import { DirectLine, Lost } from "./direct-line.js";
import { type Directory, NOBODY, type Route } from "./ports.js";

/** Kinds of commands that are remembered. */
const MAX_KINDS = 1_000;
/** Connections of one worker: nodes times databases. */
const MAX_LINES = 64;
/** Characters of a command; more may not be taken by the socket in one go. */
const LARGE = 16 * 1_024;
/** ms before another connection is tried, once one was lost */
const PAUSE = 1_000;

/**
 * Executes commands that a callback waits for on the worker's own connections, and so spares them
 * the way over the main thread and back. It does what is plain: one node, one answer. All else is
 * left to the main thread, which knows what to do when nodes change; so is what is asked for the
 * first time. States of a kind of command: unknown, asked for, and with a route.
 */
export class Shortcut {
  readonly #ask: (kind: CommandKind) => void;
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route | "asked">();
  readonly #lines = new Map<string, DirectLine>();
  readonly #patience = new Patience();
  #directory: Directory | undefined;
  #lostAt = Number.NEGATIVE_INFINITY;

  /** @param ask is answered by `routed` in the end, where there is a way */
  constructor(ask: (kind: CommandKind) => void, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /**
   * Executes a command and waits for its reply.
   *
   * @returns undefined where it has to be executed by the main thread: it was not executed here
   */
  execute(command: PackedCommand): Uint8Array | undefined {
    if (command.node !== null || typeof command.words[0] !== "string") return undefined;
    const route = this.#routes.get(idOf(command));
    if (route === undefined || route === "asked") return undefined;
    const place = this.#placeOf(command.words, route.firstKey);
    const endpoint = this.#directory?.nodes[place];
    const sides = route.sides[place];
    if (endpoint === undefined || sides === undefined) return undefined;
    const line = this.#lineTo(place, command.db);
    const words = encode([command.words]);
    if (!line?.isOpen || words.length > LARGE) return undefined;
    const text = sides.before + words + sides.behind;
    return this.#exchange(line, text, endpoint.host, route.isWrite, command);
  }

  /** The main thread has executed a command: another time it may be done here. */
  passed({ words, node, consumer, db, access }: PackedCommand): void {
    const [name] = words;
    if (node !== null || typeof name !== "string") return;
    const kind = { name, consumer, db, access };
    const id = idOfKind(kind);
    if (this.#routes.has(id)) return;
    if (this.#routes.size >= MAX_KINDS) this.#routes.clear();
    this.#routes.set(id, "asked");
    this.#ask(kind);
  }

  routed(kind: CommandKind, route: Route | undefined): void {
    if (route !== undefined) this.#routes.set(idOfKind(kind), route);
  }

  /** What was known of routes and nodes is not to be relied on any more. */
  follow(directory: Directory | undefined): void {
    this.#directory = directory;
    this.#routes.clear();
    for (const line of [...this.#lines.values()]) line.close();
    // They were not lost.
    this.#lostAt = Number.NEGATIVE_INFINITY;
  }

  #exchange(
    line: DirectLine,
    text: string,
    host: string,
    isWrite: boolean,
    { words }: PackedCommand,
  ): Uint8Array | undefined {
    try {
      const { spin } = this.#patience;
      const { replies, isSpun } = line.exchange(text, TRANSACTION_REPLIES, spin);
      if (spin > 0) this.#patience.spun(isSpun);
      const outcome = outcomeOf(replies);
      if ("reply" in outcome) return outcome.reply;
      const { error } = outcome;
      if (redirectOf(error, host).kind === "none") return Buffer.from(`-${error}\r\n`);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (error.isSent && isWrite) return undecidedReply(String(words[0]), error.message);
    }
    // Something has changed: the main thread finds out what.
    this.#routes.clear();
    return undefined;
  }

  /** @returns the node's place in the directory */
  #placeOf(words: PackedCommand["words"], firstKey: number): number {
    const owners = this.#directory?.owners;
    const key = firstKey === 0 ? undefined : words[firstKey];
    if (owners === undefined || key === undefined) return 0;
    return owners[slotOf(typeof key === "string" ? Buffer.from(key) : key)] ?? NOBODY;
  }

  /** @returns undefined where it is not there yet, or cannot be */
  #lineTo(place: number, db: number): DirectLine | undefined {
    const id = `${place}/${db}`;
    const open = this.#lines.get(id);
    if (open !== undefined || this.#directory === undefined) return open;
    const { credentials, nodes } = this.#directory;
    const endpoint = nodes[place];
    const isTooSoon = this.#clock.now() - this.#lostAt < PAUSE;
    if (endpoint === undefined || isTooSoon || this.#lines.size >= MAX_LINES) return undefined;
    const line = new DirectLine(endpoint, db, credentials, this.#clock, () => {
      this.#lines.delete(id);
      this.#lostAt = this.#clock.now();
      this.#routes.clear();
    });
    this.#lines.set(id, line);
    return line;
  }
}

function idOf({ words, consumer, db, access }: PackedCommand): string {
  return `${consumer} ${db} ${access} ${words[0]}`;
}

function idOfKind({ name, consumer, db, access }: CommandKind): string {
  return `${consumer} ${db} ${access} ${name}`;
}
