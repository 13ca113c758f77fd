import { type ReadonlySignal, signal } from "@preact/signals";

export interface Toast {
  readonly text: string;
  readonly tone: "info" | "error";
}

/** How long a toast stays, ms. */
const SHOWN = 4_000;

const current = signal<Toast | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

export const toast: ReadonlySignal<Toast | null> = current;

/** Says something for a moment, in sight and to screen readers; replaces what was said before. */
export function say(text: string, tone: Toast["tone"] = "info"): void {
  clearTimeout(timer);
  current.value = { text, tone };
  timer = setTimeout(() => {
    current.value = null;
  }, SHOWN);
}
