import { openLibrary } from "../open-library.js";
import {
  type Commands,
  DEFAULT_LIMITS,
  type EngineLimits,
  type EngineReport,
  type Library,
} from "../ports.js";
import { sandboxProgram } from "./program.js";

/** A Redis that knows what it is told to know: replies by command, as RESP3. */
export type Answers = (
  words: readonly string[],
  access: "read" | "write",
) => string | Promise<string>;

export interface Bench {
  readonly library: Library;
  readonly reports: EngineReport[];
  /** The commands that were executed, their words joined. */
  readonly executed: string[];
  readonly origins: string[];
}

export async function loadLibrary(
  body: string,
  {
    answers = () => "+OK\r\n",
    limits = {},
    configuration = {},
    name = "lib",
  }: {
    answers?: Answers;
    limits?: Partial<EngineLimits>;
    configuration?: Record<string, unknown>;
    name?: string;
  } = {},
): Promise<Bench> {
  const reports: EngineReport[] = [];
  const executed: string[] = [];
  const origins: string[] = [];
  const commands: Commands = {
    async execute(args, { access, origin, node }) {
      const words = args.map((arg) => Buffer.from(arg).toString("latin1"));
      executed.push((node === undefined ? "" : `${node}: `) + words.join(" "));
      origins.push(origin);
      return Buffer.from(await answers(words, access), "latin1");
    },
    nodes: async () => ["node-a", "node-b"],
    nodeOf: async () => "node-b",
  };
  const program = await sandboxProgram();
  const library = await openLibrary(
    `#!js api_version=1.0 name=${name}\n${body}`,
    { configuration, limits: { ...DEFAULT_LIMITS, ...limits } },
    { commands, program, report: (report) => reports.push(report) },
  );
  return { library, reports, executed, origins };
}

export const event = (key: string, event = "set", db = 0) => ({ db, key: Buffer.from(key), event });
