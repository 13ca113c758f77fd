import { encode } from "./line.js";
import type { Marks } from "./ports.js";
import { errorIn } from "./reply.js";
import { itemsOf } from "./reply-scanner.js";

/** What a transaction came to: the command's reply, or what was said instead. */
export type Outcome = { readonly reply: Buffer } | { readonly error: string };

/** What stands before and behind a command that a library calls, in RESP as latin1. */
export interface Sides {
  readonly before: string;
  readonly behind: string;
  /** How often it is answered, all in all. */
  readonly replies: number;
}

/** Texts below this go out as one string, which is faster; larger ones as they are. Bytes. */
const LARGE = 16 * 1_024;
/** Sides of a transaction that are kept, by origin and node. */
const MAX_SIDES = 1_000;
const EXEC_REPLIES = 3;
/** MULTI, two marks, the command, EXEC. */
const TRANSACTION_REPLIES = 5;

/**
 * A command between the marks that tell whose it is, in one transaction: nobody else's events can
 * come between.
 */
export class Transactions {
  readonly #marks: Marks;
  readonly #sides = new Map<string, Sides>();

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** @param node undefined outside clusters */
  encode(
    words: readonly Uint8Array[],
    origin: string,
    node: string | undefined,
    asking: boolean,
  ): { readonly bytes: string | Buffer; readonly replies: number } {
    const sides = this.sidesOf(origin, node);
    const first = asking ? encode([["ASKING"]]) : "";
    const size = words.reduce((sum, { length }) => sum + length, 0);
    const bytes =
      size < LARGE
        ? first + inTransaction(words, sides)
        : Buffer.concat([
            latin1(first + sides.before),
            ...encodeLarge(words),
            latin1(sides.behind),
          ]);
    return { bytes, replies: sides.replies + (asking ? 1 : 0) };
  }

  /** @param node undefined outside clusters */
  sidesOf(origin: string, node: string | undefined): Sides {
    const id = `${node ?? ""} ${origin}`;
    const known = this.#sides.get(id);
    if (known !== undefined) return known;
    const { channel } = this.#marks;
    const sides = {
      before: encode([["MULTI"], ["PUBLISH", channel, this.#marks.begin(node, origin)]]),
      behind: encode([["PUBLISH", channel, this.#marks.end(node)], ["EXEC"]]),
      replies: TRANSACTION_REPLIES,
    };
    if (this.#sides.size >= MAX_SIDES) this.#sides.clear();
    this.#sides.set(id, sides);
    return sides;
  }

  /**
   * The same for who does nothing but wait for the answer, with an `end` of nothing ahead. Redis
   * writes first to the client that joined its queue of writes last: behind `MULTI` that is a
   * gateway's link, and each link that is written to wakes a gateway up, which takes longer than the
   * whole transaction; behind `PUBLISH` it is who published. In clusters each mark is a message to
   * every node: one too many.
   *
   * @param node undefined outside clusters
   */
  sidesOfWaiting(origin: string, node: string | undefined): Sides {
    const sides = this.sidesOf(origin, node);
    if (node !== undefined) return sides;
    const ahead = encode([["PUBLISH", this.#marks.channel, this.#marks.end(node)]]);
    return { ...sides, before: ahead + sides.before, replies: sides.replies + 1 };
  }
}

/** The command between its sides, in RESP as latin1. */
export function inTransaction(
  words: readonly (string | Uint8Array)[],
  { before, behind }: Sides,
): string {
  return before + encode([words]) + behind;
}

/** Reads the replies to what `encode` made. */
export function outcomeOf(replies: readonly Buffer[]): Outcome {
  const results = replies.at(-1);
  const own = replies.at(-3);
  if (results === undefined || own === undefined) return { error: "ERR Redis answered too little" };
  const items = errorIn(results) === undefined ? itemsOf(results) : [];
  const [, reply] = items;
  if (items.length === EXEC_REPLIES && reply !== undefined) return { reply };
  // A command that is refused while it is queued says more than the EXECABORT behind it.
  const refusal = errorIn(own) ?? replies.map(errorIn).find((error) => error !== undefined);
  return { error: refusal ?? "ERR EXEC was answered with nothing" };
}

function encodeLarge(words: readonly Uint8Array[]): Uint8Array[] {
  const parts: Uint8Array[] = [latin1(`*${words.length}\r\n`)];
  for (const word of words) parts.push(latin1(`$${word.length}\r\n`), word, latin1("\r\n"));
  return parts;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
