import { expect } from "vitest";
import type { Ledger } from "./ledger.js";
import type { Inbox } from "./queue.js";

/** Every write's event has arrived, those of a tag in order. */
export function expectAllInOrder(inbox: Inbox, { written }: Pick<Ledger, "written">): void {
  for (const [tag, count] of written.entries()) {
    expect(inbox.numbersOf(tag)).toEqual(Array.from({ length: count }, (_, number) => number));
  }
}
