import type { Bytes, CallOptions, StreamRecord, TriggerEvent } from "../ports.js";
import type { ToSandbox } from "../wire/messages.js";

/** What a library is to do; `index` is the callback's place among those of its kind. */
export type Task = FireTask | CallTask | RecordTask;

interface FireTask {
  readonly type: "fire";
  readonly index: number;
  readonly event: TriggerEvent;
}

interface CallTask {
  readonly type: "call";
  readonly index: number;
  readonly args: readonly Bytes[];
  readonly how: CallOptions;
}

interface RecordTask {
  readonly type: "record";
  readonly index: number;
  readonly record: StreamRecord;
}

/** As it is handed over, where it goes alone: events are packed, several at once. */
export function messageFor(job: number, task: CallTask | RecordTask): ToSandbox {
  const { index } = task;
  if (task.type === "call") {
    const { db, mode } = task.how;
    return { type: "call", job, index, db, mode, args: task.args.map(ownCopy) };
  }
  const { db, id, stream, fields } = task.record;
  const texts = [stream, ...fields.flat()].map(ownCopy);
  return { type: "record", job, index, db, id, texts };
}

/** A window on a larger buffer would take all of that along. */
function ownCopy(bytes: Bytes): Uint8Array {
  return new Uint8Array(bytes);
}
