/** A keyspace trigger and what it did, on all gateways. Times are ms. */
export interface TriggerState {
  readonly library: string;
  readonly name: string;
  /** null where it is not UTF-8; empty for all keys. */
  readonly prefix: string | null;
  /** The events it wants; null for all. */
  readonly events: readonly string[] | null;
  readonly description: string | null;
  readonly triggered: number;
  readonly finished: number;
  readonly success: number;
  readonly failed: number;
  readonly lastError: string | null;
  readonly lastTime: number;
  readonly totalTime: number;
  readonly averageTime: number;
}

/** A stream trigger, all its streams together. */
export interface StreamTriggerState {
  readonly library: string;
  readonly name: string;
  readonly prefix: string | null;
  readonly window: number;
  readonly trim: boolean;
  readonly streams: number;
  readonly processed: number;
  readonly pending: number;
  /** Of the stream that is furthest behind. */
  readonly lag: number;
  readonly totalTime: number;
  readonly lastError: string | null;
}

export interface FunctionState {
  readonly name: string;
  readonly isAsync: boolean;
}

export interface LibraryState {
  readonly name: string;
  readonly functions: readonly FunctionState[];
  readonly triggers: readonly TriggerState[];
  readonly streamTriggers: readonly StreamTriggerState[];
  readonly pending: number;
  /** Why it does not run on the gateway that was asked. */
  readonly problem: string | null;
  readonly missedEvents: number;
  readonly missedStretches: number;
  readonly missedReason: string | null;
}

/** @throws Error where it is no list of libraries at all */
export function readLibraries(answer: unknown): LibraryState[] {
  if (!Array.isArray(answer)) throw new Error("The gateway's answer is not a list of libraries.");
  return answer.map(readLibrary);
}

function readLibrary(value: unknown): LibraryState {
  const fields = fieldsOf(value);
  const name = text(fields["name"]);
  const missed = fieldsOf(fields["missed"]);
  return {
    name,
    functions: list(fields["functions"]).map(readFunction),
    triggers: list(fields["keyspace_triggers"]).map((trigger) => readTrigger(name, trigger)),
    streamTriggers: list(fields["stream_triggers"]).map((trigger) => readStream(name, trigger)),
    pending: number(fields["pending_jobs"]),
    problem: textOrNull(fieldsOf(fields["problem"])["message"]),
    missedEvents: number(missed["events"]),
    missedStretches: number(missed["stretches"]),
    missedReason: textOrNull(fieldsOf(missed["last"])["reason"]),
  };
}

function readFunction(value: unknown): FunctionState {
  const { name, is_async: isAsync } = fieldsOf(value);
  return { name: text(name), isAsync: isAsync === true };
}

function readTrigger(library: string, value: unknown): TriggerState {
  const fields = fieldsOf(value);
  const events = fields["events"];
  return {
    library,
    name: text(fields["name"]),
    prefix: textOrNull(fields["prefix"]),
    events: Array.isArray(events) ? events.map(text) : null,
    description: textOrNull(fields["description"]),
    triggered: number(fields["num_triggered"]),
    finished: number(fields["num_finished"]),
    success: number(fields["num_success"]),
    failed: number(fields["num_failed"]),
    lastError: textOrNull(fields["last_error"]),
    lastTime: number(fields["last_execution_time"]),
    totalTime: number(fields["total_execution_time"]),
    averageTime: number(fields["avg_execution_time"]),
  };
}

function readStream(library: string, value: unknown): StreamTriggerState {
  const fields = fieldsOf(value);
  const streams = list(fields["streams"]).map(fieldsOf);
  const sum = (name: string) => streams.reduce((total, one) => total + number(one[name]), 0);
  const errors = streams.flatMap((one) => textOrNull(one["last_error"]) ?? []);
  return {
    library,
    name: text(fields["name"]),
    prefix: textOrNull(fields["prefix"]),
    window: number(fields["window"]),
    trim: fields["trim"] === true,
    streams: streams.length,
    processed: sum("total_record_processed"),
    pending: streams.reduce((total, one) => total + list(one["pending_ids"]).length, 0),
    lag: Math.max(0, ...streams.map((one) => number(one["last_lag"]))),
    totalTime: sum("total_processed_time"),
    lastError: errors[0] ?? null,
  };
}

/** The line that an error's text names. */
export function lineIn(error: string | null): number | null {
  const line = /\bline (\d+)/.exec(error ?? "")?.[1];
  return line === undefined ? null : Number(line);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
