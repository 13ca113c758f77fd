import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { parseRedisUrl } from "@keywire/gateway/keyspace";
import { openCommander, openLibrary, type Reply } from "@keywire/gateway/triggers";
import { hold, waitFor } from "../support/index.js";

const SANDBOX = pathToFileURL(createRequire(import.meta.url).resolve("@keywire/gateway/sandbox"));

/** What functions of a library come to on a deployment. */
export interface LibraryOn {
  /** Calls `call`, or another function of the library, with these arguments. */
  call(words: string, options?: CallingOptions): Promise<Reply>;
  /** Calls it until its worker asks Redis by itself, and not by way of the main thread. */
  warmUp(words: string, options?: CallingOptions): Promise<void>;
  /** Commands that the main thread has executed for the worker. */
  readonly executed: number;
}

interface CallingOptions {
  readonly name?: string;
  readonly db?: number;
}

const CALL = 'redis.registerFunction("call", (client, ...words) => client.call(...words));';

/** Loads a library that has the function `call`; closed at the end of the test file. */
export async function libraryOn(url: string, body = "", transfer?: number): Promise<LibraryOn> {
  const commander = openCommander(parseRedisUrl(url));
  let executed = 0;
  const library = await openLibrary(
    `#!js api_version=1.0 name=direct\n${CALL}\n${body}`,
    transfer === undefined ? {} : { limits: { transfer } },
    {
      commands: {
        execute(words, context) {
          executed++;
          return commander.execute(words, context);
        },
        nodes: () => commander.nodes(),
        nodeOf: (key) => commander.nodeOf(key),
      },
      direct: commander.direct,
      program: SANDBOX,
      report: () => {},
    },
  );
  hold(async () => {
    await library.close();
    commander.close();
  });
  const call = (words: string, { name = "call", db = 0 }: CallingOptions = {}) =>
    library.call(name, [], words.split(" ").map(Buffer.from), { db, mode: "plain" });
  return {
    call,
    async warmUp(words, options) {
      await waitFor(
        async () => {
          const before = executed;
          await call(words, options);
          return executed === before;
        },
        { what: `${words} to be executed by the worker itself` },
      );
    },
    get executed() {
      return executed;
    },
  };
}
