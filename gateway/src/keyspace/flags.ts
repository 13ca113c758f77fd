/**
 * The letters of `notify-keyspace-events`.
 *
 * `A` stands for all event classes but `n` (new), `m` (keymiss) and what later versions add.
 * CONFIG GET answers canonically and hides `n` where `A` is set, so what is read may be less than
 * what is on: letters are only ever added, and only where some are missing.
 */

/** The classes that `A` stands for, on every version since Redis 7. */
const ALL_CLASSES = "g$lshzxetd";

/** What every feed of the `__keyspace@` family needs: the family and all event classes. */
export const KEYSPACE_FLAGS = "KA";
/** What a feed of the `__keyevent@` family needs. */
export const KEYEVENT_FLAGS = "EA";

/** The class of the events that `A` leaves out. */
const EXTRA_CLASSES: ReadonlyMap<string, string> = new Map([
  ["new", "n"],
  ["keymiss", "m"],
]);

/** The letter to add for an event name that `A` does not include, or "" where it does. */
export function extraFlag(event: string): string {
  return EXTRA_CLASSES.get(event) ?? "";
}

/** The letters of `wanted` that `current` does not switch on, in their order. */
export function missingFlags(current: string, wanted: string): string {
  const on = new Set(expand(current));
  let missing = "";
  for (const letter of new Set(wanted)) {
    const satisfied = letter === "A" ? [...ALL_CLASSES].every((c) => on.has(c)) : on.has(letter);
    if (!satisfied) missing += letter;
  }
  return missing;
}

/** All letters of both, without removing any that somebody else set. */
export function unionFlags(current: string, wanted: string): string {
  return [...new Set(current + wanted)].join("");
}

function expand(flags: string): string {
  return flags.includes("A") ? flags + ALL_CLASSES : flags;
}
