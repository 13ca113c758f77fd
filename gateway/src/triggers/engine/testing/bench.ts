import { openLibrary } from "../open-library.js";
import type {
  CallOptions,
  Commands,
  EngineLimits,
  EngineReport,
  Library,
  LibraryOptions,
} from "../ports.js";
import { sandboxProgram } from "./program.js";

/** A Redis that says what it is told to say: replies as RESP3, in texts a character for each byte. */
export type Answers = (
  words: readonly string[],
  access: "read" | "write",
) => string | Buffer | Promise<string>;

export interface BenchOptions extends LibraryOptions {
  readonly answers?: Answers;
  readonly limits?: Partial<EngineLimits>;
  readonly name?: string;
}

export interface Bench {
  readonly library: Library;
  readonly reports: EngineReport[];
  /** The commands that were executed: database, origin's consumer and words, joined. */
  readonly executed: string[];
  /** What the library logged. */
  readonly logged: string[];
}

const loaded: Library[] = [];

/** Loads a library with this body; its prologue stands on the first line in front of it. */
export async function load(body: string, options: BenchOptions = {}): Promise<Bench> {
  const { answers = () => "+OK\r\n", name = "lib", ...rest } = options;
  const reports: EngineReport[] = [];
  const executed: string[] = [];
  const logged: string[] = [];
  const commands: Commands = {
    async execute(args, { access, origin, node, db }) {
      const words = args.map((arg) => Buffer.from(arg).toString("latin1"));
      const consumer = origin.replace(`trigger:${name}.`, "");
      executed.push(
        [db, consumer, ...(node === undefined ? [] : [`@${node}`]), ...words].join(" "),
      );
      const answer = await answers(words, access);
      return typeof answer === "string" ? Buffer.from(answer, "latin1") : answer;
    },
    nodes: async () => ["node-a", "node-b"],
    nodeOf: async () => "node-b",
  };
  const library = await openLibrary(`#!js api_version=1.0 name=${name}\n${body}`, rest, {
    commands,
    program: await sandboxProgram(),
    report(report) {
      if (report.event === "log") logged.push(report.message);
      else reports.push(report);
    },
  });
  loaded.push(library);
  return { library, reports, executed, logged };
}

/** Ends what a test has loaded. */
export async function closeAll(): Promise<void> {
  await Promise.all(loaded.splice(0).map((library) => library.close()));
}

/** What the library answers that has this body as a function. */
export async function answerOf(body: string, options: BenchOptions = {}): Promise<unknown> {
  const { library } = await load(
    `redis.registerFunction("f", (client, ...args) => {${body}});`,
    options,
  );
  const answer = await library.call("f", [], [], PLAIN);
  await library.close();
  return answer;
}

export const PLAIN: CallOptions = { db: 0, mode: "plain" };
export const ASYNC: CallOptions = { db: 0, mode: "async" };

export function event(key: string | Uint8Array, name = "set", db = 0) {
  return { db, key: typeof key === "string" ? Buffer.from(key) : key, event: name };
}
