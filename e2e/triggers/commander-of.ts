import { parseRedisUrl } from "@keywire/gateway/keyspace";
import { openCommander } from "@keywire/gateway/triggers";
import { hold } from "../support/index.js";

export interface Asking {
  /** Executes a command as the origin `trigger:lib.test`; the raw RESP3 reply as text. */
  (command: string | readonly (string | Buffer)[], context?: Partial<Context>): Promise<string>;
  readonly nodes: () => Promise<readonly string[]>;
  readonly nodeOf: (key: string) => Promise<string>;
  readonly close: () => void;
}

interface Context {
  readonly db: number;
  readonly access: "read" | "write";
  readonly node: string;
  readonly origin: string;
}

/** What libraries' commands go through, on a deployment; closed at the end of the test file. */
export function commanderOf(url: string, options: { readonly timeout?: number } = {}): Asking {
  const commander = openCommander(parseRedisUrl(url), options);
  const close = hold(async () => commander.close());
  const ask = async (command: string | readonly (string | Buffer)[], context = {}) => {
    const words = typeof command === "string" ? command.split(" ") : command;
    const reply = await commander.execute(
      words.map((word) => Buffer.from(word as string)),
      { origin: "trigger:lib.test", db: 0, access: "write", ...context },
    );
    return reply.toString("latin1");
  };
  return Object.assign(ask, {
    nodes: () => commander.nodes(),
    nodeOf: (key: string) => commander.nodeOf(Buffer.from(key)),
    close: () => void close(),
  });
}
