import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * Asks once for all who want to know in the same turn of the event loop, or while an answer is under
 * way, so that however many they are, asking takes a share of the time alone. No answer is older than
 * the question.
 */
export function together<T>(ask: () => Promise<T>): () => Promise<T> {
  let present: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  const begin = async (): Promise<T> => {
    await present;
    await nextTurn();
    next = undefined;
    const asked = ask();
    // How it ends is told to those who asked.
    present = asked.catch(() => {});
    return await asked;
  };
  return () => {
    next ??= begin();
    return next;
  };
}
