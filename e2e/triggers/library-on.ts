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
  /** Names of commands that its worker wanted to know more of. */
  readonly asked: readonly string[];
}

interface CallingOptions {
  readonly name?: string;
  readonly db?: number;
  readonly mode?: "plain" | "async";
}

const CALL = 'redis.registerFunction("call", (client, ...words) => client.call(...words));';

/** Loads a library that has the function `call`; closed at the end of the test file. */
export async function libraryOn(
  url: string,
  body = "",
  { transfer, timeout }: { readonly transfer?: number; readonly timeout?: number } = {},
): Promise<LibraryOn> {
  const commander = openCommander(parseRedisUrl(url), timeout === undefined ? {} : { timeout });
  const { direct } = commander;
  const asked: string[] = [];
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
      direct: {
        directory: () => direct.directory(),
        onChange: (listener) => direct.onChange(listener),
        routeOf(name, caller) {
          asked.push(name);
          return direct.routeOf(name, caller);
        },
      },
      program: SANDBOX,
      report: () => {},
    },
  );
  hold(async () => {
    await library.close();
    commander.close();
  });
  const call = (words: string, { name = "call", db = 0, mode = "plain" }: CallingOptions = {}) =>
    library.call(name, [], words.split(" ").map(Buffer.from), { db, mode });
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
    asked,
    get executed() {
      return executed;
    },
  };
}
