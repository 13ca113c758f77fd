import type { Bytes, CommandContext, Commands } from "../engine/ports.js";
import { parseReply, type Reply, ReplyFault } from "./reply.js";

/** Records read at a time. */
export interface StreamRecordRead {
  readonly id: string;
  readonly fields: readonly (readonly [Bytes, Bytes])[];
}

/** A stream of one database. */
export interface StreamPlace {
  readonly db: number;
  readonly key: Bytes;
}

/** Keys looked through by one SCAN. */
const SCAN_COUNT = "1000";

/** Streams in Redis. What is read or trimmed on behalf of a trigger is told as its doing. */
export class StreamSource {
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /**
   * The records behind an id, in their order; null where the key holds no stream.
   *
   * @throws Error where Redis does not tell
   */
  async read(
    { db, key }: StreamPlace,
    after: string,
    count: number,
    origin: string,
  ): Promise<StreamRecordRead[] | null> {
    const args = ["XRANGE", key, `(${after}`, "+", "COUNT", String(count)];
    const reply = await this.#ask(args, { db, origin, access: "read" });
    if (reply instanceof ReplyFault) {
      if (reply.message.startsWith("WRONGTYPE")) return null;
      throw reply;
    }
    return list(reply).map(recordOf);
  }

  /** The id that the stream gave out last; null where there is no stream. @throws Error where Redis does not tell */
  async lastId({ db, key }: StreamPlace, origin: string): Promise<string | null> {
    const reply = await this.#ask(["XINFO", "STREAM", key], { db, origin, access: "read" });
    if (reply instanceof ReplyFault) {
      if (/^WRONGTYPE|no such key/.test(reply.message)) return null;
      throw reply;
    }
    const items = list(reply);
    const at = items.findIndex((item) => Buffer.isBuffer(item) && item.equals(LAST_ID));
    const id = at < 0 ? undefined : items[at + 1];
    return Buffer.isBuffer(id) ? id.toString() : null;
  }

  /** Drops the records before an id. @throws Error where Redis does not */
  async trim({ db, key }: StreamPlace, before: string, origin: string): Promise<void> {
    const reply = await this.#ask(["XTRIM", key, "MINID", before], { db, origin, access: "write" });
    if (reply instanceof ReplyFault) throw reply;
  }

  /** Every stream whose name begins so, on all nodes, in all databases that hold keys. */
  async *find(prefix: Bytes, origin: string): AsyncGenerator<StreamPlace> {
    const pattern = globOf(prefix);
    for (const node of await this.#commands.nodes()) {
      for (const db of await this.#databases(node, origin)) {
        yield* this.#scan({ node, db, origin, access: "read" }, pattern);
      }
    }
  }

  async *#scan(context: CommandContext, pattern: Buffer): AsyncGenerator<StreamPlace> {
    let cursor = "0";
    do {
      const args = ["SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT, "TYPE", "stream"];
      const reply = await this.#ask(args, context);
      if (reply instanceof ReplyFault) throw reply;
      const [next, keys] = list(reply);
      cursor = String(next);
      for (const key of list(keys)) if (Buffer.isBuffer(key)) yield { db: context.db, key };
    } while (cursor !== "0");
  }

  async #databases(node: string, origin: string): Promise<number[]> {
    const reply = await this.#ask(["INFO", "keyspace"], { node, db: 0, origin, access: "read" });
    // An operator may withhold INFO: then the first database it is.
    if (!Buffer.isBuffer(reply)) return [0];
    return [...reply.toString().matchAll(/^db(\d+):/gm)].map(([, db]) => Number(db));
  }

  async #ask(args: readonly (string | Bytes)[], context: CommandContext): Promise<Reply> {
    const words = args.map((arg) => (typeof arg === "string" ? Buffer.from(arg) : arg));
    return parseReply(await this.#commands.execute(words, context));
  }
}

const LAST_ID = Buffer.from("last-generated-id");

function list(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : [];
}

function recordOf(reply: Reply): StreamRecordRead {
  const [id, flat] = list(reply);
  const fields: [Bytes, Bytes][] = [];
  const items = list(flat);
  for (let at = 0; at + 1 < items.length; at += 2) {
    fields.push([bytesOf(items[at]), bytesOf(items[at + 1])]);
  }
  return { id: String(id), fields };
}

function bytesOf(reply: Reply | undefined): Bytes {
  return Buffer.isBuffer(reply) ? reply : Buffer.alloc(0);
}

/** The prefix with what a glob would read into it escaped, and anything behind it. */
function globOf(prefix: Bytes): Buffer {
  const escaped = Buffer.from(prefix)
    .toString("latin1")
    .replaceAll(/[*?[\]\\^-]/g, "\\$&");
  return Buffer.from(`${escaped}*`, "latin1");
}
