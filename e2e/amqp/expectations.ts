import { expect } from "vitest";
import type { Ledger } from "./ledger.js";
import type { Inbox } from "./queue.js";

/** Every write's event has arrived, those of a tag in order. */
export function expectAllInOrder(inbox: Inbox, { written }: Pick<Ledger, "written">): void {
  for (const [tag, count] of written.entries()) {
    const numbers = inbox.numbersOf(tag);
    const odd = numbers.findIndex((number, place) => number !== place);
    const around = odd < 0 ? [] : numbers.slice(Math.max(0, odd - 2), odd + 3);
    expect({ tag, count: numbers.length, around }).toEqual({ tag, count, around: [] });
  }
}
