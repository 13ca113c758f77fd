import cluster, { type Worker } from "node:cluster";
import { systemClock } from "@keywire/shared";
import type { Config } from "../../config.js";
import { type Log, MetricsOfAll } from "../../observe/index.js";
import type { Figures } from "../../observe/metrics.js";
import {
  Crew,
  type Ending,
  type Question,
  Questions,
  StartFailure,
  type ToPrimary,
  type WorkerEvents,
  type WorkerProcess,
} from "../../workers/index.js";
import { CommandError, ExitCode } from "../command.js";
import { type StopRequest, sayWhy } from "../stop.js";

/** The id of a worker that has no process; real ones begin with 1. */
const NOBODY = 0;
/** ms beyond the drain time after which a worker that was asked to end is killed. */
const GRACE = 5_000;

/**
 * Runs so many whole gateways on one port, until it is told to stop. They share nothing but the port:
 * this process takes connections and hands each to one of them.
 */
export async function runWorkers(config: Config, log: Log, stop: StopRequest): Promise<ExitCode> {
  // A metric may be no number, which JSON does not know.
  cluster.setupPrimary({ serialization: "advanced" });
  const crew = new PrimaryDesk(config.workers, log).crew;
  const opened = crew.open();
  opened.catch(() => {});
  const first = await Promise.race([opened, stop.requested]).catch((error: unknown) => {
    throw error instanceof StartFailure ? startError(error.ending) : error;
  });
  if (typeof first === "string") log.info("listening", { url: first, workers: config.workers });
  const reason = await stop.requested;
  sayWhy(reason, log);
  const endedWell = await crew.close(config.drainTimeout + GRACE);
  log.info("stopped");
  return endedWell && reason.kind === "signal" ? ExitCode.Fine : ExitCode.Failed;
}

/** What the primary does for its workers, besides taking connections. */
class PrimaryDesk {
  readonly crew: Crew;
  readonly #questions = new Questions(systemClock);
  readonly #metrics = new MetricsOfAll();
  readonly #log: Log;

  constructor(size: number, log: Log) {
    this.#log = log;
    this.crew = new Crew(
      size,
      {
        fork: (events) => this.#fork(events),
        clock: systemClock,
        random: Math.random,
        report: {
          listening: (worker) => log.debug("a worker listens", { worker }),
          ended: (worker, ending, nextIn) =>
            log.error("a worker ended, and is replaced", { worker, ...ending, nextIn }),
          killed: (worker) => log.error("a worker did not end in time, and was killed", { worker }),
          hung: (worker) => log.error("a worker did nothing for long, and was killed", { worker }),
        },
      },
      (worker, message) => this.#receive(worker, message),
    );
  }

  #fork(events: WorkerEvents): WorkerProcess {
    const unborn = (error: unknown) => {
      this.#log.error("a worker could not be started", { error });
      events.ended({ code: null, signal: null });
    };
    let worker: Worker;
    try {
      worker = cluster.fork();
    } catch (error) {
      setImmediate(unborn, error);
      return { id: NOBODY, send: () => {}, kill: () => {} };
    }
    worker.on("message", (message: ToPrimary) => events.message(message));
    worker.on("error", (error) => {
      // A message to one that is ending is lost, which is told here besides by its end. One that has no
      // process, where the system had none to give, has no end.
      if (worker.process.pid === undefined) unborn(error);
    });
    worker.once("exit", (code: number | null, signal: string | null) => {
      this.#questions.gone(worker.id);
      void this.#metrics.ended(worker.id);
      events.ended({ code, signal });
    });
    return {
      id: worker.id,
      send: (message) => void (worker.isConnected() && worker.send(message)),
      kill: () => void worker.process.kill("SIGKILL"),
    };
  }

  #receive(worker: WorkerProcess, message: ToPrimary): void {
    if (message.type === "answer") this.#questions.answered(worker.id, message.id, message.body);
    else if (message.type === "ask") void this.#answer(worker, message.id, message.question);
  }

  async #answer(worker: WorkerProcess, id: number, question: Question): Promise<void> {
    try {
      const answers = await this.#questions.ask(question, this.crew.workers());
      const body = question === "metrics" ? await this.#sum(answers) : [...answers.values()];
      worker.send({ type: "answered", id, body });
    } catch (error) {
      worker.send({ type: "failed", id, message: String(error) });
    }
  }

  async #sum(answers: ReadonlyMap<number, unknown>) {
    const living = new Set(this.crew.workers().map(({ id }) => id));
    return this.#metrics.render(answers as ReadonlyMap<number, Figures>, living);
  }
}

/** The worker has told on stderr what was wrong. */
function startError({ code, signal }: Ending): CommandError {
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const wasBorn = code !== null || signal !== null;
  return new CommandError(
    `a worker ${wasBorn ? `ended ${how} before it listened` : "could not be started"}; see above`,
    code === ExitCode.Usage ? ExitCode.Usage : ExitCode.Failed,
  );
}
