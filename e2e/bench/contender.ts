import type { StandaloneRedis } from "../support/index.js";
import type { DialectName } from "./load/dialects.mjs";
import type { Target } from "./load/writer.mjs";

/** A server that is compared with others. */
export interface Contender {
  readonly name: string;
  /** Why it cannot take part, where it cannot. */
  readonly missing?: () => string | undefined;
  start(options: ServerOptions): Promise<Server>;
}

export interface ServerOptions {
  readonly redis: StandaloneRedis;
  /** Of the gateway alone. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where a CPU profile of the gateway is to go. */
  readonly profile?: string | undefined;
  /** Whether it is to deliver values. */
  readonly value?: boolean;
}

export interface Server {
  readonly dialect: DialectName;
  readonly port: number;
  readonly pids: readonly number[];
  /** What is written to, where that is not Redis. */
  readonly target?: Target;
  stop(): Promise<unknown>;
  /** Ends it without a word, and starts it again; the port may be another one then. */
  restart(): Promise<void>;
}
