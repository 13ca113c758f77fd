import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";

/** ms */
export const DEFAULT_DEADLINE = 10_000;
/** ms between two looks */
const INTERVAL = 10;

export interface WaitOptions {
  /** What is awaited, as it stands behind "waited for". */
  readonly what: string;
  /** ms from now; default 10 s. */
  readonly deadline?: number;
}

type Truthy<T> = Exclude<T, false | 0 | "" | null | undefined>;

/**
 * Looks again and again until the condition holds, and gives what it gave. A condition that
 * throws does not hold yet.
 *
 * @throws Error saying what was awaited and what was seen last, at the deadline
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, deadline = DEFAULT_DEADLINE }: WaitOptions,
): Promise<Truthy<T>> {
  const end = Date.now() + deadline;
  let last = "nothing yet";
  for (;;) {
    const look = await before(end, condition);
    if (look.kind === "value" && look.value) return look.value as Truthy<T>;
    if (look.kind !== "late") last = inWords(look);
    if (Date.now() >= end) {
      throw new Error(`waited for ${what}, ${deadline} ms in vain; last seen: ${last}`);
    }
    await pause(INTERVAL);
  }
}

type Look<T> = { kind: "value"; value: T } | { kind: "thrown"; error: unknown } | { kind: "late" };

/** A condition may hang itself, when it asks a stopped server: the deadline holds all the same. */
async function before<T>(end: number, condition: () => T | Promise<T>): Promise<Look<T>> {
  const giveUp = new AbortController();
  const late = pause(Math.max(end - Date.now(), 0), undefined, { signal: giveUp.signal }).then(
    (): Look<T> => ({ kind: "late" }),
    (): Look<T> => ({ kind: "late" }),
  );
  const look = Promise.resolve()
    .then(condition)
    .then(
      (value): Look<T> => ({ kind: "value", value }),
      (error: unknown): Look<T> => ({ kind: "thrown", error }),
    );
  const first = await Promise.race([look, late]);
  giveUp.abort();
  return first;
}

function inWords(look: { kind: "value"; value: unknown } | { kind: "thrown"; error: unknown }) {
  return look.kind === "value" ? inspect(look.value, { depth: 4 }) : `thrown ${String(look.error)}`;
}
