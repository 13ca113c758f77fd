/** What a sandbox's worker and the main thread have in common. */

/** Jobs that may be with the worker at once. */
export const JOBS = 1_024;
/** Bytes of a command or a reply that go through shared memory; larger ones are sent. */
export const WINDOW = 64 * 1_024;

/** Where things stand among the words. */
export const Word = {
  /** One of `Phase`. */
  Phase: 0,
  /** Counts up whenever library code is entered: as long as it stands still, it is the same callback. */
  Turn: 1,
  /** 0 while the worker waits for a reply, 1 when it is there. */
  Reply: 2,
  /** Its length in bytes; -1 where it was sent on the port instead. */
  ReplyLength: 3,
  /** The job that was entered last. */
  Job: 4,
  /** How long it has waited for Redis by now, µs; it wraps around. */
  Waited: 5,
  /** Bytes of replies to asynchronous commands that the worker has taken by now; it wraps around. */
  Taken: 6,
} as const;

export const Phase = { Idle: 0, Running: 1, Waiting: 2 } as const;

/** How far a job is, at its number modulo `JOBS`: numbers of jobs that are with the worker differ there. */
export const Status = { Handed: 0, Begun: 1, Succeeded: 2 } as const;

const WORDS = 16;

export interface SharedMemory {
  readonly words: Int32Array;
  readonly statuses: Uint8Array;
  /** A command from the worker. */
  readonly request: Uint8Array;
  readonly reply: Uint8Array;
}

export function sharedMemory(buffer: SharedArrayBuffer = allocate()): SharedMemory {
  const start = WORDS * Int32Array.BYTES_PER_ELEMENT;
  return {
    words: new Int32Array(buffer, 0, WORDS),
    statuses: new Uint8Array(buffer, start, JOBS),
    request: new Uint8Array(buffer, start + JOBS, WINDOW),
    reply: new Uint8Array(buffer, start + JOBS + WINDOW, WINDOW),
  };
}

function allocate(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT + JOBS + 2 * WINDOW);
}
