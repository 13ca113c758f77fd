import type { Bytes, CommandContext, Commands } from "../engine/ports.js";
import { compareIds, START } from "../streams/id.js";

interface Stream {
  records: { readonly id: string; readonly value: string }[];
  last: string;
}

/** Streams of one node and one database, as far as reading them takes. */
export class StreamRedis implements Commands {
  readonly streams = new Map<string, Stream>();
  readonly asked: string[] = [];

  add(key: string, id: string, value = "v"): void {
    const stream = this.streams.get(key) ?? { records: [], last: START };
    this.streams.set(key, stream);
    stream.records.push({ id, value });
    stream.last = id;
  }

  ids(key: string): string[] {
    return (this.streams.get(key)?.records ?? []).map(({ id }) => id);
  }

  async execute(args: readonly Bytes[], _context: CommandContext): Promise<Bytes> {
    const words = args.map((arg) => Buffer.from(arg).toString("latin1"));
    this.asked.push(words.join(" "));
    return Buffer.from(this.#answer(words), "latin1");
  }

  async nodes(): Promise<string[]> {
    return ["node"];
  }

  async nodeOf(): Promise<string> {
    return "node";
  }

  #answer([name = "", ...rest]: readonly string[]): string {
    const stream = this.streams.get(name === "XINFO" ? (rest[1] ?? "") : (rest[0] ?? ""));
    switch (name) {
      case "XRANGE": {
        const [after, count] = [(rest[1] ?? "").slice(1), Number(rest[4])];
        const found = (stream?.records ?? []).filter(({ id }) => compareIds(id, after) > 0);
        const records = found.slice(0, count).map(({ id, value }) => {
          return array([bulk(id), array([bulk("f"), bulk(value)])]);
        });
        return array(records);
      }
      case "XINFO":
        if (stream === undefined) return "-ERR no such key\r\n";
        return `%1\r\n${bulk("last-generated-id")}${bulk(stream.last)}`;
      case "XTRIM": {
        const least = rest[2] ?? "";
        if (stream !== undefined) {
          stream.records = stream.records.filter(({ id }) => compareIds(id, least) >= 0);
        }
        return ":1\r\n";
      }
      case "INFO":
        return bulk("# Keyspace\r\ndb0:keys=1,expires=0\r\n");
      case "SCAN": {
        const prefix = (rest[2] ?? "").slice(0, -1);
        const keys = [...this.streams.keys()].filter((key) => key.startsWith(prefix));
        return array([bulk("0"), array(keys.map(bulk))]);
      }
      default:
        return "-ERR unknown\r\n";
    }
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

function array(items: readonly string[]): string {
  return `*${items.length}\r\n${items.join("")}`;
}
