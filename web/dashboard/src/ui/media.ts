import { type ReadonlySignal, signal } from "@preact/signals";

/** Whether a media query holds, as a signal; for the life of the page. */
export function media(query: string): ReadonlySignal<boolean> {
  const list = window.matchMedia(query);
  const matches = signal(list.matches);
  list.addEventListener("change", () => {
    matches.value = list.matches;
  });
  return matches;
}
