/**
 * The seam of the engine: what a loaded library is to the rest of this room, and what the engine
 * needs of the world. Everything here lives on the main thread; the library's code never does.
 */

import type { Credentials, Endpoint } from "../commands/ports.js";
import type { Sides } from "../commands/transaction.js";

export type Bytes = Uint8Array;

/** The most a library may take. */
export interface EngineLimits {
  /** Own running time of one callback or of the loading, waiting for Redis not counted, ms. */
  readonly runningTime: number;
  /** How long past that a worker may go on before it is replaced, ms. */
  readonly grace: number;
  /** Bytes of memory of one library. */
  readonly memory: number;
  /** Bytes of its stack. */
  readonly stack: number;
  /** After this long a promise is taken for one that can never settle, ms. */
  readonly promiseAge: number;
  /** Bytes that a Redis reply handed to a library, or an argument list that it sends, may have. */
  readonly transfer: number;
}

export const DEFAULT_LIMITS: EngineLimits = {
  runningTime: 500,
  grace: 250,
  memory: 64 * 1_024 * 1_024,
  stack: 256 * 1_024,
  promiseAge: 60_000,
  transfer: 16 * 1_024 * 1_024,
};

/** The first line of a library: `#!js api_version=1.0 name=shop`. */
export interface Prologue {
  readonly engine: "js";
  /** As it stands in the line, `1.0` or `1.1`. */
  readonly apiVersion: string;
  readonly name: string;
}

export interface LibraryOptions {
  /** Seen by the code as `redis.config`; a JSON object, `{}` where absent. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /**
   * Called when the source has been parsed and compiled, before any of it runs: the place for "the
   * name is taken". What it throws fails the loading.
   */
  readonly compiled?: (prologue: Prologue) => void;
  readonly limits?: Partial<EngineLimits>;
}

/** What the engine needs of the world. */
export interface EnginePorts {
  readonly commands: Commands;
  /** Where absent, workers have every command executed for them. */
  readonly direct?: DirectAccess;
  /** The built program of the sandbox's worker thread: `sandbox.js` beside `main.js`. */
  readonly program: URL;
  /** What became of libraries besides what is answered: each is to be counted and told. */
  report(report: EngineReport): void;
}

export type EngineReport =
  /** `redis.log`: control characters included, at most 4 KiB. */
  | { readonly event: "log"; readonly library: string; readonly message: string }
  /** A library logs too much: this many lines were not told. */
  | { readonly event: "log_dropped"; readonly library: string; readonly lines: number }
  /** A worker did not obey, or its memory was full: it was ended and the library loaded again. */
  | {
      readonly event: "replaced";
      readonly library: string;
      readonly reason: "time" | "memory" | "crash";
      readonly message: string;
    }
  /** The library could not be loaded again after that; it is tried again with its next event. */
  | { readonly event: "reload_failed"; readonly library: string; readonly message: string };

// Commands

/** Redis, as libraries see it. Replies are raw RESP3: the sandbox makes values of them. */
export interface Commands {
  /**
   * Executes one command. Never rejects: a command that is refused, fails, or of which nobody knows
   * whether it was executed resolves to a RESP error (`-ERR …\r\n`), its text saying which.
   *
   * @param args the command's name and its arguments; not to be changed until it resolves
   * @returns one whole RESP3 reply
   */
  execute(args: readonly Bytes[], context: CommandContext): Promise<Bytes>;
  /** The primaries, by the ids that `CommandContext.node` takes; one outside clusters. */
  nodes(): Promise<readonly string[]>;
  /** The primary that owns a key. */
  nodeOf(key: Bytes): Promise<string>;
}

export interface CommandContext {
  /** Who is writing, as events tell it: `trigger:<library>.<consumer>`. */
  readonly origin: string;
  readonly db: number;
  /** `read`: commands that may write are refused. */
  readonly access: "read" | "write";
  /** The primary to ask, where it is not to be found by the command's keys. */
  readonly node?: string;
}

// What workers execute themselves

/** How a worker may ask nodes by itself, over connections of its own. */
export interface DirectAccess {
  /** Undefined where it may not, or not yet: everything is executed for it then. */
  directory(): Directory | undefined;
  /** @returns undefined where such commands are executed for it, or are not known yet */
  routeOf(command: string, caller: Pick<CommandContext, "origin" | "access">): Route | undefined;
  /**
   * Told when neither the directory nor the routes are good any more.
   *
   * @returns stops listening
   */
  onChange(listener: () => void): () => void;
}

/** Where the nodes are, and who owns what. */
export interface Directory {
  /** Never over TLS. */
  readonly credentials: Credentials;
  readonly nodes: readonly (Endpoint & { readonly id: string })[];
  /** By slot: the owner's place among the nodes, `NOBODY` where it has none; undefined outside clusters. */
  readonly owners: Uint16Array | undefined;
}

export const NOBODY = 0xffff;

/** What is to be known of commands that have the same name and the same caller. */
export interface Route {
  /** Where nobody knows whether it was executed, it may be once more. */
  readonly mayRepeat: boolean;
  /** Where its key stands among its words; 0 where any node will do. */
  readonly firstKey: number;
  /** What stands before and behind it, by the node's place in the directory. */
  readonly sides: readonly Sides[];
}

// Libraries

/** A library that is loaded. Its names are those of its source and do not change. */
export interface Library extends Prologue {
  /** In the order of registration, in which they fire. */
  readonly triggers: readonly TriggerInfo[];
  readonly functions: readonly FunctionInfo[];
  readonly clusterFunctions: readonly string[];
  readonly streamTriggers: readonly StreamTriggerInfo[];
  /** Callbacks that wait for their turn or run. */
  readonly pendingJobs: number;
  /** Commands and calls on other shards that async callbacks wait for. */
  readonly pendingAsyncCalls: number;
  /** How often its worker was replaced since it was loaded. */
  readonly replacements: number;

  /**
   * Fires a trigger: `onTriggerFired`, then the callback. Fired ones begin in the order of the
   * calls; of one trigger's events of one key, each callback begins when the one before has ended,
   * its promise included.
   *
   * @throws LibraryFailure once it failed, was stopped, or was lost with its worker
   */
  fire(trigger: string, event: TriggerEvent): Promise<void>;
  /**
   * Calls a function.
   *
   * @throws LibraryFailure `code` `unknown` where there is no such function, `async_only` where an
   *   async function, or one that answers with a pending promise, is called as `plain`
   */
  call(
    name: string,
    keys: readonly Bytes[],
    args: readonly Bytes[],
    how: CallOptions,
  ): Promise<Reply>;
  /** Hands a stream trigger one record. @throws LibraryFailure */
  processStream(trigger: string, record: StreamRecord): Promise<void>;
  /** Lets what runs end within the running time's limit, fails the rest, ends the worker. */
  close(): Promise<void>;
}

export interface TriggerInfo {
  readonly name: string;
  readonly description: string | null;
  /** Compared by bytes; empty for all keys. */
  readonly prefix: Bytes;
  /** The events it wants, null for all: to be filtered before it is fired. */
  readonly events: readonly string[] | null;
  readonly isAsync: boolean;
}

export interface FunctionInfo {
  readonly name: string;
  readonly description: string | null;
  readonly flags: readonly FunctionFlag[];
  readonly isAsync: boolean;
}

export type FunctionFlag = "no-writes" | "allow-oom" | "raw-arguments";

export interface StreamTriggerInfo {
  readonly name: string;
  readonly description: string | null;
  readonly prefix: Bytes;
  /** Records that may be under way at once, at least 1. */
  readonly window: number;
  readonly isStreamTrimmed: boolean;
}

export interface TriggerEvent {
  readonly db: number;
  readonly key: Bytes;
  readonly event: string;
}

export interface CallOptions {
  readonly db: number;
  /** `plain` must answer at once: promises are refused. `async` may wait. */
  readonly mode: "plain" | "async";
}

export interface StreamRecord {
  readonly db: number;
  readonly stream: Bytes;
  /** Such as `1659515146671-0`. */
  readonly id: string;
  /** Names and values, in the order of the record. */
  readonly fields: readonly (readonly [Bytes, Bytes])[];
}

/** What a function answered, as the RESP3 reply it would have been: see `replyToJson`. */
export type Reply =
  | null
  | undefined
  | boolean
  | string
  /** A RESP3 integer. */
  | bigint
  /** A RESP3 double. */
  | number
  | Bytes
  | readonly Reply[]
  | ReadonlySet<Reply>
  | ReadonlyMap<string, Reply>;

// Faults

export type LibraryErrorCode =
  /** The first line. */
  | "prologue"
  /** It cannot be parsed. */
  | "compilation"
  /** Its own code threw while it was loaded, or took too much time or memory. */
  | "evaluation"
  /** A `redis.register…` was called wrongly. */
  | "registration"
  /** It registers nothing. */
  | "empty"
  /** Its configuration is no JSON object. */
  | "configuration";

/** Why a source is no library. The message says what is wrong and what would be right. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
  readonly code: LibraryErrorCode;
  /** 1 is the prologue; undefined where it is about no line. */
  readonly line: number | undefined;

  constructor(code: LibraryErrorCode, message: string, line?: number) {
    super(message);
    this.code = code;
    this.line = line;
  }
}

export type LibraryFailureCode =
  /** The library's code threw, or its promise was rejected. */
  | "error"
  /** It took too much running time. */
  | "time"
  | "memory"
  /** Its promise did not settle in time. */
  | "promise"
  /** It was under way when another callback made its worker be replaced, or the worker crashed. */
  | "lost"
  /** The library is closed. */
  | "closed"
  | "unknown"
  | "async_only";

/** Why a callback failed. The message is the text for `last_error`, its line included. */
export class LibraryFailure extends Error {
  override readonly name = "LibraryFailure";
  readonly code: LibraryFailureCode;

  constructor(code: LibraryFailureCode, message: string) {
    super(message);
    this.code = code;
  }
}
