import type { Clock, Timer } from "@keywire/shared";

/** ms that Redis has to answer: a connection may queue for long, or be open and dead. */
export const ANSWER_TIMEOUT = 5_000;

/** @throws Error where the answer takes longer */
export async function within<T>(clock: Clock, answer: Promise<T>, ms = ANSWER_TIMEOUT): Promise<T> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`Redis did not answer about libraries within ${ms} ms`);
    timer = clock.after(ms, () => reject(error));
  });
  return await Promise.race([answer, late]).finally(() => timer?.cancel());
}
