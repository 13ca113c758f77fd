/** What an event did to its key, as far as its name tells: it sets the colour, the name says the rest. */
export type EventKind = "write" | "removal" | "lifetime";

const LIFETIME = /expire$|persist$/;
const REMOVAL = /^(expired|evicted|hexpired|\w+_from)$|del$|pop$|trim$|rem(?:range|$)/;

export function eventKind(event: string): EventKind {
  if (LIFETIME.test(event)) return "lifetime";
  return REMOVAL.test(event) ? "removal" : "write";
}
