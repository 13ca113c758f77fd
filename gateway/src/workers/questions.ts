import type { Clock, Timer } from "@keywire/shared";
import type { Question } from "./messages.js";
import type { WorkerProcess } from "./ports.js";

/** ms for all answers; one that hangs must not hold up what the others can tell. */
const ANSWER_TIMEOUT = 2_000;

interface Round {
  readonly waiting: Set<number>;
  readonly answers: Map<number, unknown>;
  readonly timer: Timer;
  readonly done: () => void;
}

/** Asks all workers and gathers what they answer. */
export class Questions {
  readonly #clock: Clock;
  readonly #rounds = new Map<number, Round>();
  #next = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers by worker; without those that ended meanwhile, or did not answer in time. */
  ask(question: Question, workers: readonly WorkerProcess[]): Promise<Map<number, unknown>> {
    const id = this.#next++;
    const answers = new Map<number, unknown>();
    if (workers.length === 0) return Promise.resolve(answers);
    return new Promise((resolve) => {
      const done = () => {
        timer.cancel();
        this.#rounds.delete(id);
        resolve(answers);
      };
      const timer = this.#clock.after(ANSWER_TIMEOUT, done);
      const waiting = new Set(workers.map((worker) => worker.id));
      this.#rounds.set(id, { waiting, answers, timer, done });
      for (const worker of workers) worker.send({ type: "question", id, question });
    });
  }

  answered(worker: number, id: number, body: unknown): void {
    const round = this.#rounds.get(id);
    if (round === undefined || !round.waiting.delete(worker)) return;
    round.answers.set(worker, body);
    if (round.waiting.size === 0) round.done();
  }

  /** The worker will answer nothing any more. */
  gone(worker: number): void {
    for (const round of this.#rounds.values()) {
      if (round.waiting.delete(worker) && round.waiting.size === 0) round.done();
    }
  }
}
