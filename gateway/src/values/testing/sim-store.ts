import { latin1 } from "../key-id.js";
import {
  type Ask,
  type Command,
  type Layout,
  type Reply,
  ReplyError,
  type Store,
} from "../ports.js";

/** A key that the simulated Redis holds. */
export interface SimKey {
  readonly text: string;
  /** ms since the Unix epoch */
  readonly expires?: number;
}

/** One ask that was sent: executed at one moment, answered at a later one. */
export interface Pending {
  readonly ask: Ask;
  replies: readonly Reply[] | undefined;
}

/**
 * Redis with strings alone, of which a test decides when it executes what it was sent, and when the
 * answer arrives.
 */
export class SimStore implements Store {
  readonly keys = new Map<string, SimKey>();
  readonly pending: Pending[] = [];
  /** How many writes there were, and how many asks in each. */
  readonly writes: number[] = [];
  readonly interruptions = 0;
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  send(asks: readonly Ask[]): void {
    this.writes.push(asks.length);
    this.pending.push(...asks.map((ask) => ({ ask, replies: undefined })));
  }

  async layout(): Promise<Layout> {
    return { primaries: ["sim"], signature: "", moves: "never" };
  }

  execute(pending: Pending): void {
    pending.replies ??= pending.ask.commands.map((command) => this.#run(command));
  }

  answer(pending: Pending): void {
    this.execute(pending);
    this.pending.splice(this.pending.indexOf(pending), 1);
    pending.ask.answered(pending.replies ?? []);
  }

  /** Executes and answers all that was sent, in order. */
  answerAll(): void {
    for (const pending of [...this.pending]) this.answer(pending);
  }

  fail(pending: Pending, error: Error): void {
    this.pending.splice(this.pending.indexOf(pending), 1);
    pending.ask.failed(error);
  }

  #run(command: Command): Reply {
    const [name, ...args] = command.map((word) => (typeof word === "string" ? word : latin1(word)));
    const id = (name === "OBJECT" ? args[1] : args[0]) ?? "";
    const key = this.#living(id);
    switch (name) {
      case "TYPE":
        return key === undefined ? "none" : "string";
      case "PTTL":
        if (key === undefined) return -2;
        return key.expires === undefined ? -1 : key.expires - this.now();
      case "STRLEN":
        return key?.text.length ?? 0;
      case "GETRANGE":
        return Buffer.from(key?.text ?? "");
      case "OBJECT":
        return key === undefined ? null : Buffer.from("embstr");
      default:
        return new ReplyError(`ERR unknown command '${name}'`);
    }
  }

  #living(id: string): SimKey | undefined {
    const key = this.keys.get(id);
    if (key?.expires === undefined || key.expires > this.now()) return key;
    this.keys.delete(id);
    return undefined;
  }
}
