type Task = () => void;

/**
 * What is done at the end of a turn of the event loop: channels hand out what came, then each session
 * sends what it was handed. In this order, in one go, so that a session sends once for all its
 * channels and nothing waits for another turn.
 */
export class Turn {
  readonly #schedule: (task: Task) => void;
  readonly #over: () => void;
  #handOut: Task[] = [];
  #send: Task[] = [];
  #state: "idle" | "due" | "running" = "idle";

  /**
   * @param schedule runs a task once when what is ready to be read has been read
   * @param over told when all is sent
   */
  constructor(schedule: (task: Task) => void, over: () => void) {
    this.#schedule = schedule;
    this.#over = over;
  }

  readonly handOut = (task: Task): void => {
    this.#handOut.push(task);
    this.#due();
  };

  readonly send = (task: Task): void => {
    this.#send.push(task);
    this.#due();
  };

  #due(): void {
    if (this.#state !== "idle") return;
    this.#state = "due";
    this.#schedule(this.#run);
  }

  readonly #run = (): void => {
    this.#state = "running";
    try {
      for (let tasks = this.#next(); tasks.length > 0; tasks = this.#next()) {
        for (const task of tasks) task();
      }
    } finally {
      this.#state = "idle";
    }
    this.#over();
  };

  #next(): Task[] {
    const [handOut, send] = [this.#handOut, this.#send];
    this.#handOut = [];
    if (handOut.length > 0) return handOut;
    this.#send = [];
    return send;
  }
}
