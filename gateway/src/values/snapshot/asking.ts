import type { Ask, Reply, Store } from "../ports.js";

/** One ask as a promise. @throws Error as the store fails it */
export function ask(
  store: Store,
  question: Pick<Ask, "db" | "to" | "commands" | "weight">,
): Promise<readonly Reply[]> {
  return new Promise((answered, failed) => {
    store.send([{ ...question, answered, failed }]);
  });
}
