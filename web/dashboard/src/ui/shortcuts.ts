import { useEffect } from "preact/hooks";

/** What a key does, by `KeyboardEvent.key`. */
export type Shortcuts = Readonly<Record<string, () => void>>;

const TYPING = "input, textarea, select, [contenteditable]";
/** Keys that these elements need for themselves. */
const PRESSED_BY_SPACE = "button, a, summary";

/** Listens on the whole page while the component lives; never while somebody types. */
export function useShortcuts(shortcuts: Shortcuts): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const run = shortcuts[event.key];
      if (run === undefined || event.repeat || isChord(event)) return;
      if (belongsToTarget(event)) return;
      event.preventDefault();
      run();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [shortcuts]);
}

function isChord({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

function belongsToTarget({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  // A question that is open has the keyboard for itself.
  if (target.closest("dialog") !== null) return true;
  return target.closest(key === " " ? `${TYPING}, ${PRESSED_BY_SPACE}` : TYPING) !== null;
}
