import type { Clock, Timer } from "@keywire/shared";
import type { Errand } from "./errand.js";
import { unansweredReply } from "./reply.js";

/** ms before what could not be done is tried again */
const RETRY_DELAY = 100;

/** Why an errand waits, and how it goes on. */
interface Rest {
  readonly errand: Errand;
  readonly trouble: string;
  readonly then: () => void;
}

/** Errands that could not be done yet: tried again a little later, and given up at their deadlines. */
export class Retries {
  readonly #clock: Clock;
  #resting: Rest[] = [];
  #timer: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns whether it is tried again; else it is given up */
  rest(errand: Errand, trouble: string, then: () => void): boolean {
    errand.hops = 0;
    if (this.#state === "closed" || this.#clock.now() >= errand.deadline) {
      giveUp(errand, trouble);
      return false;
    }
    this.#resting.push({ errand, trouble, then });
    this.#timer ??= this.#clock.after(RETRY_DELAY, () => this.resume());
    return true;
  }

  /** All go on now. */
  resume(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const { then } of this.#resting.splice(0)) then();
  }

  /** Gives up those that wait, and those that come. */
  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    for (const { errand, trouble } of this.#resting.splice(0)) giveUp(errand, trouble);
  }
}

function giveUp({ name, resolve }: Errand, trouble: string): void {
  resolve(unansweredReply(name, trouble));
}
