import type { Question, ToPrimary, ToWorker } from "./messages.js";

/** The connection to the primary, from a worker's side. */
export interface Line {
  send(message: ToPrimary): void;
  onMessage(listener: (message: ToWorker) => void): void;
}

/** What a worker can tell of itself. */
export type Answers = Readonly<Record<Question, () => unknown | Promise<unknown>>>;

/** One worker's part in the crew. */
export class Membership {
  readonly #line: Line;
  readonly #asked = new Map<number, { resolve(body: unknown): void; reject(error: Error): void }>();
  #answers: Answers | undefined;
  #next = 1;
  /** Resolves when the primary asks this worker to end. */
  readonly stopRequested: Promise<void>;

  constructor(line: Line) {
    this.#line = line;
    this.stopRequested = new Promise((resolve) => {
      line.onMessage((message) => {
        if (message.type === "stop") resolve();
        else if (message.type === "alive") line.send({ type: "alive" });
        else void this.#receive(message);
      });
    });
  }

  /** Answers questions from now on; one that cannot be answered is left to the primary's patience. */
  answer(answers: Answers): void {
    this.#answers = answers;
  }

  listening(url: string): void {
    this.#line.send({ type: "listening", url });
  }

  /**
   * What all workers answer, put together by the primary.
   *
   * @throws Error where the primary cannot
   */
  ask(question: Question): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#line.send({ type: "ask", id, question });
    });
  }

  async #receive(message: Exclude<ToWorker, { type: "stop" | "alive" }>): Promise<void> {
    if (message.type === "question") {
      const body = await this.#answers?.[message.question]();
      this.#line.send({ type: "answer", id: message.id, body });
      return;
    }
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if (message.type === "answered") asked?.resolve(message.body);
    else asked?.reject(new Error(message.message));
  }
}
