import { readFileSync } from "node:fs";

/** ms between two beats */
const BEAT = 5;
/** Of the thread that reads it: nanoseconds on a processor, then what does not matter here. */
const SCHEDULE = "/proc/thread-self/schedstat";

/** How late the event loop was at the worst, for what its own thread did, ms. */
export class Heartbeat {
  #worst = 0;
  #last = performance.now();
  #ran = running();
  readonly #timer = setInterval(() => this.#beat(), BEAT);

  #beat(): void {
    const [now, ran] = [performance.now(), running()];
    // A machine that is busy with others makes it late as well; that is not meant here.
    const late = Math.min(now - this.#last - BEAT, ran - this.#ran);
    this.#worst = Math.max(this.#worst, late);
    this.#last = now;
    this.#ran = ran;
  }

  stop(): number {
    this.#beat();
    clearInterval(this.#timer);
    return this.#worst;
  }
}

/** ms that this thread has run; where that cannot be known, that have passed. */
function running(): number {
  try {
    return Number(readFileSync(SCHEDULE, "latin1").split(" ", 1)[0]) / 1_000_000;
  } catch {
    return performance.now();
  }
}

/** Runs something, and tells how late the event loop was meanwhile at the worst, ms. */
export async function worstLag(run: () => Promise<void>): Promise<number> {
  const heartbeat = new Heartbeat();
  await run().finally(() => heartbeat.stop());
  return heartbeat.stop();
}
