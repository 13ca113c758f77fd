import { signal } from "@preact/signals";
import type { Canvas } from "../stream/stream.js";

/** Counts what was asked to be painted. */
export class CountingCanvas implements Canvas {
  readonly frame = signal(0);
  readonly beat = signal(0);
  requests = 0;

  request(): void {
    this.requests++;
  }
}
