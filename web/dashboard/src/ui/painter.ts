import { type ReadonlySignal, signal } from "@preact/signals";

/** ms between two beats: as fast as a running number can be read. */
const BEAT = 200;

/**
 * One repaint per animation frame however many events ask for it; none while the tab is hidden.
 * What moves with the list reads `frame`; what only counts reads `beat`, a few times a second.
 */
export class Painter {
  readonly #frame = signal(0);
  readonly #beat = signal(0);
  #lastBeat = Number.NEGATIVE_INFINITY;
  #pending: number | null = null;
  #late: ReturnType<typeof setTimeout> | null = null;

  get frame(): ReadonlySignal<number> {
    return this.#frame;
  }

  get beat(): ReadonlySignal<number> {
    return this.#beat;
  }

  /** Something changed: paint it with the next frame. */
  request(): void {
    this.#pending ??= requestAnimationFrame((now) => {
      this.#pending = null;
      this.#frame.value++;
      this.#count(now);
    });
  }

  stop(): void {
    if (this.#pending !== null) cancelAnimationFrame(this.#pending);
    if (this.#late !== null) clearTimeout(this.#late);
    this.#pending = null;
    this.#late = null;
  }

  #count(now: number): void {
    const wait = this.#lastBeat + BEAT - now;
    if (wait <= 0) {
      this.#lastBeat = now;
      this.#beat.value++;
    } else {
      // The last event of a burst has to be counted too.
      this.#late ??= setTimeout(() => {
        this.#late = null;
        this.request();
      }, wait);
    }
  }
}
