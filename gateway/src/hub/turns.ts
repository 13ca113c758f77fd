/** What hands out at the end of a turn what it was told in it. */
interface Telling {
  flush(): void;
}

/** Turns are numbered below it, again and again: numbers that the engine keeps in place. */
const NUMBERS = 2 ** 30;

/** Which turn of the event loop it is, and which channels have something to hand out at its end. */
export class Turns {
  readonly #atEnd: (task: () => void) => void;
  readonly #over: () => void;
  #number = 0;
  #isEndAwaited = false;
  #due: Telling[] = [];

  /**
   * @param atEnd runs a task once, at the end of the present turn
   * @param over told when all is handed out
   */
  constructor(atEnd: (task: () => void) => void, over: () => void) {
    this.#atEnd = atEnd;
    this.#over = over;
  }

  /** The number of the present turn, in which something is told: its end is seen to. */
  current(): number {
    if (!this.#isEndAwaited) {
      this.#isEndAwaited = true;
      this.#atEnd(this.#end);
    }
    return this.#number;
  }

  /** Has the channel flushed at the end of the turn. */
  due(channel: Telling): void {
    this.#due.push(channel);
    this.current();
  }

  readonly #end = (): void => {
    // What is told from here on is told in the next one.
    this.#isEndAwaited = false;
    this.#number = (this.#number + 1) % NUMBERS;
    while (this.#due.length > 0) {
      const due = this.#due;
      this.#due = [];
      for (const channel of due) channel.flush();
    }
    this.#over();
  };
}
