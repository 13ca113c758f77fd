import type { Directory, LibraryErrorCode, LibraryFailureCode, Reply, Route } from "../ports.js";

/** What the main thread and a sandbox's worker say to each other. */

/** The worker is started with this. */
export interface SandboxData {
  readonly wasm: WebAssembly.Module;
  readonly memory: SharedArrayBuffer;
  /** Replies that do not fit into shared memory. */
  readonly bulk: import("node:worker_threads").MessagePort;
  readonly name: string;
  readonly source: string;
  /** JSON */
  readonly configuration: string;
  readonly limits: import("../ports.js").EngineLimits;
}

export type ToSandbox =
  /** The compiled source may run. */
  | { readonly type: "evaluate" }
  /** Events, packed by `packEvents`. */
  | {
      readonly type: "fire";
      readonly count: number;
      readonly events: Uint8Array;
    }
  | {
      readonly type: "call";
      readonly job: number;
      readonly index: number;
      readonly db: number;
      readonly mode: "plain" | "async";
      readonly args: readonly Uint8Array[];
    }
  | {
      readonly type: "record";
      readonly job: number;
      readonly index: number;
      readonly db: number;
      readonly id: string;
      /** The stream's name, then the record's names and values in turn. */
      readonly texts: readonly Uint8Array[];
    }
  /** Where the worker may ask by itself; what was told before is not to be relied on any more. */
  | { readonly type: "directory"; readonly directory: Directory | undefined }
  | { readonly type: "routed"; readonly kind: CommandKind; readonly route: Route | undefined }
  /** The reply to an asynchronous command. */
  | { readonly type: "reply"; readonly call: number; readonly reply: Uint8Array }
  | {
      readonly type: "located";
      readonly call: number;
      readonly nodes: readonly string[];
      readonly error?: string;
    };

/** Commands that have their name and their caller in common. */
export interface CommandKind {
  /** As it was called. */
  readonly name: string;
  readonly consumer: number;
  readonly db: number;
  readonly access: "read" | "write";
}

/** A command stands in shared memory, and the worker waits. */
export const ASKED = 0;
/** Jobs have ended, as shared memory says. */
export const ENDED = 1;

export type FromSandbox =
  | typeof ASKED
  | typeof ENDED
  | { readonly type: "compiled" }
  | { readonly type: "loaded"; readonly registered: Registered }
  | {
      readonly type: "refused";
      readonly code: LibraryErrorCode;
      readonly message: string;
      readonly line: number | undefined;
    }
  | {
      readonly type: "failed";
      readonly job: number;
      readonly code: LibraryFailureCode;
      readonly message: string;
    }
  | { readonly type: "answered"; readonly job: number; readonly reply: Reply }
  /** A command too large for shared memory; the worker waits. */
  | { readonly type: "asked"; readonly request: Uint8Array }
  /** Asynchronous commands, packed by `Outbox`. */
  | { readonly type: "sent"; readonly requests: Uint8Array }
  | { readonly type: "locate"; readonly call: number; readonly key: Uint8Array | undefined }
  /** How the worker may execute such commands by itself. */
  | { readonly type: "route"; readonly kind: CommandKind }
  | { readonly type: "log"; readonly message: string }
  /** So many lines of `redis.log` were too many. */
  | { readonly type: "log_dropped"; readonly lines: number }
  /** The sandbox is not to be used any more. */
  | {
      readonly type: "spoilt";
      readonly reason: "time" | "memory" | "crash";
      readonly message: string;
    };

/** What a library has registered, as the worker read it out of the sandbox. */
export interface Registered {
  readonly triggers: readonly import("../ports.js").TriggerInfo[];
  readonly functions: readonly import("../ports.js").FunctionInfo[];
  readonly clusterFunctions: readonly string[];
  readonly streamTriggers: readonly import("../ports.js").StreamTriggerInfo[];
}
