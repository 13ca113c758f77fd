import type { Ask, Command, Reply } from "../ports.js";
import { ReplyError } from "../ports.js";

/** How often in a row it may be sent on by one node to another before it waits a while. */
const MAX_HOPS = 5;

/** One ask on its way, from node to node if need be, until its deadline. */
export class Errand {
  readonly ask: Ask;
  /** ms since the Unix epoch */
  readonly deadline: number;
  #hops = 0;
  #trouble: Error | undefined;

  constructor(ask: Ask, deadline: number) {
    this.ask = ask;
    this.deadline = deadline;
  }

  /** As they are sent: several commands are one transaction, so that their answers fit together. */
  commands(asking: boolean): Command[] {
    const { commands } = this.ask;
    const sent = commands.length > 1 ? [["MULTI"], ...commands, ["EXEC"]] : [...commands];
    return asking ? [["ASKING"], ...sent] : sent;
  }

  /** What the answers to `commands()` say: the asked commands' own replies, or why there are none. */
  read(replies: readonly Reply[], asking: boolean): readonly Reply[] | ReplyError {
    const own = asking ? replies.slice(1) : replies;
    if (this.ask.commands.length === 1) return own;
    // A command that is refused while it is queued says more than the EXECABORT behind it.
    const refusal = own.find((reply) => reply instanceof ReplyError);
    if (refusal !== undefined) return refusal;
    const results = own.at(-1);
    return Array.isArray(results) ? results : new ReplyError("ERR EXEC answered no array");
  }

  /** Whether it may be sent on at once. */
  hop(): boolean {
    this.#hops++;
    return this.#hops <= MAX_HOPS;
  }

  /** It has to wait, and why. */
  rest(trouble: Error): void {
    this.#hops = 0;
    this.#trouble = trouble;
  }

  /** What it waited for passes in the end, so it is not told as a refusal. */
  giveUp(): void {
    const cause = this.#trouble;
    this.ask.failed(new Error(cause?.message ?? "Redis did not answer in time", { cause }));
  }
}
