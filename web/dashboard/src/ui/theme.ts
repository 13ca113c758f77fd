import { type ReadonlySignal, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";

const STORAGE_KEY = "keywire.theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

const chosen = signal<Theme>(read());

/** What the reader chose; `system` follows prefers-color-scheme. */
export const theme: ReadonlySignal<Theme> = chosen;

/** The choice behind the present one. */
export function nextTheme(current: Theme): Theme {
  return ORDER[(ORDER.indexOf(current) + 1) % ORDER.length] ?? "system";
}

export function setTheme(next: Theme): void {
  chosen.value = next;
  applyTheme();
  if (next === "system") localStorage.removeItem(STORAGE_KEY);
  else localStorage.setItem(STORAGE_KEY, next);
}

/** Puts the choice on the document, where the style sheet looks for it. */
export function applyTheme(): void {
  const { dataset } = document.documentElement;
  if (chosen.value === "system") delete dataset["theme"];
  else dataset["theme"] = chosen.value;
}

function read(): Theme {
  const kept = localStorage.getItem(STORAGE_KEY);
  return ORDER.find((theme) => theme === kept) ?? "system";
}
