import { type ControlReply, readReply } from "./reply.js";

/** What Redis says of a command, as far as it matters here. */
export interface CommandInfo {
  readonly name: string;
  readonly isWrite: boolean;
  /** It does no harm that it is executed twice, where nobody knows whether it was. */
  readonly mayRepeat: boolean;
  /** Scripts may not call it, and libraries neither. */
  readonly isForbidden: boolean;
  /** Where its first key stands among its words; 0 where it has none, or where Redis has to be asked. */
  readonly firstKey: number;
  /** Where keys stand depends on the arguments. */
  readonly hasMovableKeys: boolean;
}

interface Entry {
  readonly own: CommandInfo;
  readonly subcommands: ReadonlyMap<string, CommandInfo>;
}

/** Commands as Redis tells of them, each asked for once. */
export class CommandTable {
  readonly #entries = new Map<string, Entry>();

  /** @returns undefined where it has to be learned first */
  find(words: readonly Uint8Array[]): CommandInfo | undefined {
    const entry = this.#entries.get(nameOf(words));
    if (entry === undefined) return undefined;
    const subcommand = entry.subcommands.size === 0 ? "" : lower(words[1]);
    return entry.subcommands.get(subcommand) ?? entry.own;
  }

  /**
   * A known command that is the same whatever its arguments: one without subcommands.
   *
   * @param name in lower case
   */
  whole(name: string): CommandInfo | undefined {
    const entry = this.#entries.get(name);
    return entry?.subcommands.size === 0 ? entry.own : undefined;
  }

  /**
   * Takes in what COMMAND INFO answered.
   *
   * @returns whether Redis knows the command
   */
  learn(name: string, reply: Buffer): boolean {
    const [row] = listOf(readReply(reply));
    const entry = entryOf(row);
    if (entry === undefined) return false;
    this.#entries.set(name, entry);
    return true;
  }

  /** Another server may know other ones. */
  clear(): void {
    this.#entries.clear();
  }
}

/** A command's name, in lower case. */
export function nameOf(words: readonly Uint8Array[]): string {
  return lower(words[0]);
}

function lower(word: Uint8Array | undefined): string {
  if (word === undefined) return "";
  return Buffer.from(word.buffer, word.byteOffset, word.length).toString("latin1").toLowerCase();
}

function entryOf(row: ControlReply | undefined): Entry | undefined {
  const own = infoOf(row);
  if (own === undefined) return undefined;
  const subcommands = listOf(listOf(row)[9]).flatMap((row) => {
    const info = infoOf(row);
    return info === undefined ? [] : [[info.name.split("|")[1] ?? "", info] as const];
  });
  return { own, subcommands: new Map(subcommands) };
}

/** Of a row `[name, arity, flags, first key, last key, step, …]`. */
function infoOf(row: ControlReply | undefined): CommandInfo | undefined {
  const [name, , flagList, firstKey] = listOf(row);
  if (typeof name !== "string") return undefined;
  const flags = new Set(listOf(flagList));
  return {
    name,
    isWrite: flags.has("write"),
    mayRepeat: !flags.has("write") && !flags.has("pubsub"),
    // What blocks is kept from some scripts, but answers at once in a transaction.
    isForbidden: flags.has("noscript") && !flags.has("blocking"),
    firstKey: Math.max(0, Number(firstKey)),
    hasMovableKeys: flags.has("movablekeys"),
  };
}

function listOf(reply: ControlReply | undefined): readonly ControlReply[] {
  return Array.isArray(reply) ? reply : [];
}
