import { type Backoff, backoffDelay, type Clock, type Timer } from "@keywire/shared";
import type { ToPrimary } from "./messages.js";
import type { CrewReport, Ending, Fork, WorkerProcess } from "./ports.js";
import { Pulse } from "./pulse.js";

/** Before a worker that ended is replaced, ms. */
const RETRY: Backoff = { min: 200, max: 30_000 };
/** ms for which a worker must have listened, for its end not to count as one more failure. */
const STABLE = 60_000;
/** ms that the others have to end where one kept the crew from opening. */
const GIVE_UP = 5_000;

export interface CrewPorts {
  readonly fork: Fork;
  readonly clock: Clock;
  /** A number in [0, 1), so that workers which fail together do not come back in step. */
  readonly random: () => number;
  readonly report: CrewReport;
}

/** A worker ended before all of them listened for the first time. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly ending: Ending;

  constructor(ending: Ending) {
    super("a worker ended before it listened");
    this.ending = ending;
  }
}

/** A place that is to be filled by one worker after the other. */
interface Seat {
  state: "starting" | "listening" | "waiting" | "empty";
  worker: WorkerProcess | undefined;
  pulse: Pulse | undefined;
  /** Ends in a row, none of which was long after the worker listened. */
  failures: number;
  /** ms since the Unix epoch. */
  listeningSince: number;
  timer: Timer | undefined;
}

/**
 * Workers on one port: opening until all listen for the first time, then open, and each that ends is
 * replaced, one that hangs by being ended; closing once asked to, and closed when the last has ended.
 * Where one ends while it is opening, the others are stopped: what keeps a worker from starting will
 * keep the next one from it.
 */
export class Crew {
  readonly #ports: CrewPorts;
  readonly #seats: readonly Seat[];
  readonly #messages: (worker: WorkerProcess, message: ToPrimary) => void;
  #state: "opening" | "open" | "closing" = "opening";
  #opened: { resolve(url: string): void; reject(error: StartFailure): void } | undefined;
  #emptied: (() => void) | undefined;
  #closed: Promise<boolean> | undefined;
  /** Whether every worker that was asked to end did so well. */
  #endedWell = true;

  /** @param messages told what a worker says besides that it listens */
  constructor(
    size: number,
    ports: CrewPorts,
    messages: (worker: WorkerProcess, message: ToPrimary) => void,
  ) {
    this.#ports = ports;
    this.#messages = messages;
    this.#seats = Array.from({ length: size }, () => ({
      state: "empty" as const,
      worker: undefined,
      pulse: undefined,
      failures: 0,
      listeningSince: 0,
      timer: undefined,
    }));
  }

  /**
   * @returns where they listen
   * @throws StartFailure where one of them ended first; all have ended then
   */
  async open(): Promise<string> {
    const opened = new Promise<string>((resolve, reject) => {
      this.#opened = { resolve, reject };
    });
    for (const seat of this.#seats) this.#fill(seat);
    return opened;
  }

  /** Those that listen. */
  workers(): WorkerProcess[] {
    return this.#seats.flatMap(({ state, worker }) =>
      state === "listening" && worker !== undefined ? [worker] : [],
    );
  }

  /**
   * Asks all to end in order, and kills who has not within so many ms.
   *
   * @returns whether all ended well
   */
  close(within: number): Promise<boolean> {
    this.#closed ??= this.#close(within);
    return this.#closed;
  }

  async #close(within: number): Promise<boolean> {
    this.#state = "closing";
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    for (const seat of this.#seats) {
      seat.timer?.cancel();
      seat.pulse?.stop();
      if (seat.worker === undefined) seat.state = "empty";
      else seat.worker.send({ type: "stop" });
    }
    const timer = this.#ports.clock.after(within, () => this.#killAll());
    this.#settle();
    await emptied;
    timer.cancel();
    return this.#endedWell;
  }

  #fill(seat: Seat): void {
    seat.state = "starting";
    const worker = this.#ports.fork({
      message: (message) => {
        if (message.type === "listening") this.#listening(seat, worker, message.url);
        else if (message.type === "alive") seat.pulse?.answered();
        else this.#messages(worker, message);
      },
      ended: (ending) => this.#ended(seat, worker, ending),
    });
    seat.worker = worker;
    const { clock, report } = this.#ports;
    const ask = () => worker.send({ type: "alive" });
    seat.pulse = new Pulse(clock, ask, () => {
      report.hung(worker.id);
      worker.kill();
    });
  }

  #listening(seat: Seat, worker: WorkerProcess, url: string): void {
    seat.state = "listening";
    seat.listeningSince = this.#ports.clock.now();
    this.#ports.report.listening(worker.id);
    if (this.#state !== "opening" || this.#seats.some(({ state }) => state !== "listening")) return;
    this.#state = "open";
    this.#opened?.resolve(url);
  }

  #ended(seat: Seat, worker: WorkerProcess, ending: Ending): void {
    seat.worker = undefined;
    seat.pulse?.stop();
    seat.state = "empty";
    if (this.#state === "open") this.#replace(seat, worker, ending);
    else if (this.#state === "opening") void this.#giveUp(ending);
    else {
      this.#endedWell &&= ending.code === 0;
      this.#settle();
    }
  }

  #replace(seat: Seat, worker: WorkerProcess, ending: Ending): void {
    const { clock, random, report } = this.#ports;
    const wasStable = seat.listeningSince > 0 && clock.now() - seat.listeningSince >= STABLE;
    seat.failures = wasStable ? 0 : seat.failures;
    const delay = backoffDelay(RETRY, seat.failures, random());
    seat.failures += 1;
    seat.listeningSince = 0;
    seat.state = "waiting";
    seat.timer = clock.after(delay, () => this.#fill(seat));
    report.ended(worker.id, ending, delay);
  }

  async #giveUp(ending: Ending): Promise<void> {
    await this.close(GIVE_UP);
    this.#opened?.reject(new StartFailure(ending));
  }

  #killAll(): void {
    for (const { worker } of this.#seats) {
      if (worker === undefined) continue;
      this.#ports.report.killed(worker.id);
      worker.kill();
    }
  }

  #settle(): void {
    if (this.#seats.every(({ state }) => state === "empty")) this.#emptied?.();
  }
}
