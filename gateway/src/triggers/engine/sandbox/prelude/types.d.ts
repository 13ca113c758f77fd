/** What the host gives to the prelude: functions of the sandbox's worker, bytes and texts only. */
export interface Host {
  /** Executes a command and waits: see `fromReply` for what comes back. */
  call(request: string, ...buffers: ArrayBuffer[]): unknown;
  /** Sends a command; `deliver` brings its reply. */
  send(call: number, request: string, ...buffers: ArrayBuffer[]): void;
  /** Asks for the primaries, or for the one that owns a key, JSON or bytes; `deliver` brings them. */
  locate(call: number, key?: string | ArrayBuffer): void;
  /** What is left of the last reply. */
  text(): string;
  bytes(): ArrayBuffer;
  /** A job's promise was fulfilled. */
  settled(job: number): void;
  failed(job: number, description: string): void;
  answered(job: number, reply: string, ...buffers: ArrayBuffer[]): void;
  /** @param message JSON */
  log(message: string): void;
}

export type Kind = "triggers" | "functions" | "clusterFunctions" | "streamTriggers";

/** A function of the library. */
export type Callback = (...args: never[]) => unknown;

export interface Registered {
  readonly name: string;
  readonly callback: Callback;
  readonly description: string | null;
  readonly isAsync: boolean;
  readonly prefix?: string | ArrayBuffer;
  readonly events?: readonly string[] | null;
  readonly onTriggerFired?: Callback | null;
  readonly flags?: readonly string[];
  readonly window?: number;
  readonly isStreamTrimmed?: boolean;
}

/** For whom a client sends commands. */
export interface Context {
  /** The consumer's number: triggers, functions, cluster functions, stream triggers, in this order. */
  readonly consumer: number;
  readonly db: number;
  readonly access: "read" | "write";
  readonly mayBlock: boolean;
  /** The primary that all commands go to, in a cluster function; else null, and never left out. */
  readonly node: string | null;
}
