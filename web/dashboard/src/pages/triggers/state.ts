import { fieldsOf, list, number, text, textOrNull } from "../../admin/fields.js";
import type { Key } from "../../text/visible.js";

/** A trigger and what it did, on all gateways together. Times are ms. */
export interface TriggerState {
  readonly library: string;
  readonly name: string;
  readonly kind: "key" | "stream";
  readonly description: string | null;
  /** What keys begin with; undefined where the library does not run, so that nobody knows. */
  readonly prefix: Key | undefined;
  /** Names of the events that it wants, or of the streams that it reads; null for all events. */
  readonly of: readonly string[] | null;
  readonly triggered: number;
  readonly finished: number;
  /** Of streams nobody counts which of their records failed. */
  readonly success: number | null;
  readonly failed: number | null;
  readonly lastError: string | null;
  readonly lastTime: number;
  readonly totalTime: number;
  readonly averageTime: number;
  /** How far behind its slowest stream is. */
  readonly lag: number | null;
}

export interface FunctionState {
  readonly name: string;
  readonly description: string | null;
  readonly flags: readonly string[];
  readonly isAsync: boolean;
}

/** Events that triggers did not get. */
export interface MissedState {
  readonly events: number;
  /** Stretches of time in which nobody knows how many. */
  readonly stretches: number;
  readonly reason: string | null;
}

export interface LibraryState {
  readonly name: string;
  readonly apiVersion: string | null;
  readonly user: string | null;
  readonly functions: readonly FunctionState[];
  /** Called by other functions alone. */
  readonly clusterFunctions: readonly string[];
  readonly triggers: readonly TriggerState[];
  /** Events that wait for their turn or are worked on. */
  readonly pending: number;
  readonly missed: MissedState;
  /** Why it does not run on the gateway that was asked. */
  readonly problem: { readonly message: string; readonly line: number | null } | null;
}

/** @throws Error where it is no list of libraries at all */
export function readLibraries(answer: unknown): LibraryState[] {
  if (!Array.isArray(answer)) throw new Error("The gateway's answer is not a list of libraries.");
  return answer.map(readLibrary);
}

function readLibrary(value: unknown): LibraryState {
  const fields = fieldsOf(value);
  const name = text(fields["name"]);
  return {
    name,
    apiVersion: textOrNull(fields["api_version"]),
    user: textOrNull(fields["user"]),
    functions: list(fields["functions"]).map(readFunction),
    clusterFunctions: list(fields["cluster_functions"]).map(text),
    triggers: [
      ...list(fields["keyspace_triggers"]).map((trigger) => readTrigger(name, trigger)),
      ...list(fields["stream_triggers"]).map((trigger) => readStreamTrigger(name, trigger)),
    ],
    pending: number(fields["pending_jobs"]),
    missed: readMissed(fields["missed"]),
    problem: readProblem(fields["problem"]),
  };
}

function readFunction(value: unknown): FunctionState {
  const { name, description, flags, is_async: isAsync } = fieldsOf(value);
  return {
    name: text(name),
    description: textOrNull(description),
    flags: list(flags).map(text),
    isAsync: isAsync === true,
  };
}

function readTrigger(library: string, value: unknown): TriggerState {
  const fields = fieldsOf(value);
  const { events } = fields;
  return {
    ...common(library, fields),
    kind: "key",
    of: Array.isArray(events) ? events.map(text) : null,
    triggered: number(fields["num_triggered"]),
    finished: number(fields["num_finished"]),
    success: number(fields["num_success"]),
    failed: number(fields["num_failed"]),
    lastError: textOrNull(fields["last_error"]),
    lastTime: number(fields["last_execution_time"]),
    totalTime: number(fields["total_execution_time"]),
    averageTime: number(fields["avg_execution_time"]),
    lag: null,
  };
}

/** All streams of a stream trigger together. */
function readStreamTrigger(library: string, value: unknown): TriggerState {
  const fields = fieldsOf(value);
  const streams = list(fields["streams"]).map(fieldsOf);
  const sum = (figure: (stream: Record<string, unknown>) => number) =>
    streams.reduce((total, stream) => total + figure(stream), 0);
  const processed = sum((stream) => number(stream["total_record_processed"]));
  const totalTime = sum((stream) => number(stream["total_processed_time"]));
  const newest = streams.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
  return {
    ...common(library, fields),
    kind: "stream",
    of: streams.map(({ name }) => textOrNull(name) ?? "(binary)"),
    triggered: processed + sum((stream) => list(stream["pending_ids"]).length),
    finished: processed,
    success: null,
    failed: null,
    lastError: streams.map((stream) => textOrNull(stream["last_error"])).find(Boolean) ?? null,
    lastTime: number(newest?.["last_processed_time"]),
    totalTime,
    averageTime: processed === 0 ? 0 : totalTime / processed,
    lag: streams.length === 0 ? null : Math.max(...streams.map(({ last_lag: lag }) => number(lag))),
  };
}

function common(library: string, { name, description, prefix, prefix_raw: raw }: Fields) {
  return {
    library,
    name: text(name),
    description: textOrNull(description),
    prefix: readPrefix(prefix, raw),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function readPrefix(prefix: unknown, raw: unknown): Key | undefined {
  if (typeof prefix === "string") return { key: prefix };
  return typeof raw === "string" ? { key: null, key_raw: raw } : undefined;
}

/** When the record came that a stream is read from, ms since the Unix epoch. */
function timeOf({ id_to_read_from: id }: Fields): number {
  return Number(text(id).split("-")[0]);
}

function readMissed(value: unknown): MissedState {
  const { events, stretches, last } = fieldsOf(value);
  const { reason } = fieldsOf(last);
  return { events: number(events), stretches: number(stretches), reason: textOrNull(reason) };
}

function readProblem(value: unknown): LibraryState["problem"] {
  if (typeof value === "string") return { message: value, line: null };
  const { message, line } = fieldsOf(value);
  if (typeof message !== "string") return null;
  return { message, line: typeof line === "number" ? line : null };
}

/** The line of the library that an error's text names: gateways put it last. */
export function lineIn(error: string): number | null {
  const line = [...error.matchAll(/\bline (\d+)/g)].at(-1)?.[1];
  return line === undefined ? null : Number(line);
}
