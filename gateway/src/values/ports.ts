/** What Redis refused or failed to do, in its own words: a code in capitals, then a sentence. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";

  /** The first word, such as `WRONGTYPE`, `MOVED` or `ERR`. */
  get code(): string {
    return this.message.split(" ", 1)[0] ?? "";
  }
}

/** A command's words. */
export type Command = readonly (string | Uint8Array)[];

/** What Redis answers under RESP2; an error may stand inside an array. */
export type Reply = string | number | Buffer | null | ReplyError | readonly Reply[];

/** Commands about one key, or to one node, that are run without anything in between. */
export interface Ask {
  readonly db: number;
  /** On the primary that owns this key, wherever it moves to; or on this node. */
  readonly to: { readonly key: Uint8Array } | { readonly node: string };
  readonly commands: readonly Command[];
  /** How many bytes the answer may have at the most, roughly: so much room is kept for it. */
  readonly weight: number;
  /** One reply for each command. */
  answered(replies: readonly Reply[]): void;
  /** Redis could not be asked; or refused, and will again: a `ReplyError`. */
  failed(error: Error): void;
}

/** Where keys are, at one moment. */
export interface Layout {
  /** The ids of all primaries. */
  readonly primaries: readonly string[];
  /** Equal for layouts in which nothing differs, slots on their way included. */
  readonly signature: string;
  /** Whether keys are on their way from one primary to another, or ever are. */
  readonly moves: "never" | "settled" | "moving";
}

/** Where values are read: Redis, all of it. */
export interface Store {
  /** Asks all of it, in one write to each node; each is answered or failed exactly once, later. */
  send(asks: readonly Ask[]): void;
  /**
   * Where keys are: as far as is known, or as a look tells that begins now.
   *
   * @throws Error where no node could be asked
   */
  layout(as: "known" | "fresh"): Promise<Layout>;
  /** How many connections were lost so far: what was begun over one may mean nothing over the next. */
  readonly interruptions: number;
}

/** Runs the task once, when the present turn of the event loop has handed in all it has. */
export type EndOfTurn = (task: () => void) => void;
