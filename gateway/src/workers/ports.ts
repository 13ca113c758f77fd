import type { ToPrimary, ToWorker } from "./messages.js";

/** How a process ended: `code` where it ended itself, `signal` where it was ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker's process, as the primary sees it. */
export interface WorkerProcess {
  readonly id: number;
  /** Drops the message where the process has gone already. */
  send(message: ToWorker): void;
  kill(): void;
}

export interface WorkerEvents {
  message(message: ToPrimary): void;
  /** Once, and nothing after it. */
  ended(ending: Ending): void;
}

/** Starts a process; its events come in later turns. */
export type Fork = (events: WorkerEvents) => WorkerProcess;

/** Told what somebody who runs this would want to read in a log. */
export interface CrewReport {
  ended(worker: number, ending: Ending, nextIn: number): void;
  listening(worker: number): void;
  /** It did not end in time and was killed. */
  killed(worker: number): void;
  /** It has done nothing for long, and was killed. */
  hung(worker: number): void;
}
