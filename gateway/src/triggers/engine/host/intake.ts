import { Fifo } from "@keywire/shared";

/** Commands that are begun in one turn of the event loop. */
const SLICE = 256;
/** Commands of one library that may wait for Redis: others' wait behind them. */
const MOST_UNDER_WAY = 1_024;

/** Begins one command. */
type Begin = () => void;

/**
 * The asynchronous commands of one library, which may send as many as it likes: begun in their order,
 * a slice in each turn of the event loop, and no more than so many at a time.
 */
export class Intake {
  /** What came together, each a way to begin its commands one by one. */
  readonly #waiting = new Fifo<Iterator<Begin>>();
  #underWay = 0;
  #isDue = false;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(commands: Iterator<Begin>): void {
    this.#waiting.push(commands);
    if (!this.#isDue) this.#run();
  }

  /** One that was begun waits for Redis. */
  begun(): void {
    this.#underWay++;
  }

  ended(): void {
    this.#underWay--;
    if (!this.isEmpty) this.#later();
  }

  #run(): void {
    for (let left = SLICE; left > 0 && this.#underWay < MOST_UNDER_WAY; left--) {
      const begin = this.#next();
      if (begin === undefined) break;
      begin();
    }
    // What comes in the rest of this turn waits for the next one.
    this.#later();
  }

  #next(): Begin | undefined {
    for (let front = this.#waiting.peek(); front !== undefined; front = this.#waiting.peek()) {
      const { done, value } = front.next();
      if (done !== true) return value;
      this.#waiting.shift();
    }
    return undefined;
  }

  #later(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      // Where as many as may be are under way, the next one that ends has it go on.
      if (!this.isEmpty && this.#underWay < MOST_UNDER_WAY) this.#run();
    });
  }
}
