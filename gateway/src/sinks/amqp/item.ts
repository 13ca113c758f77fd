import type { SinkEvent } from "./ports.js";

/** An event on its way to the broker. */
export interface Item {
  readonly event: SinkEvent;
  /** The message's id: the same however often it is sent. */
  readonly id: string;
  /** Whether the broker may have it already. */
  mayBeThere: boolean;
  /** ms since the Unix epoch: since when it has waited here. */
  readonly since: number;
  /** Set while whoever handed it over has not been told that it is safe. */
  done: (() => void) | undefined;
}

/** Bytes that an item takes in memory beside its key, which it has as text too, roughly. */
const OVERHEAD = 300;

export function sizeOf({ event }: Item): number {
  return 2 * event.key.length + OVERHEAD;
}

/** Tells, once, that the event need not be handed over again. */
export function settle(item: Item): void {
  const { done } = item;
  item.done = undefined;
  done?.();
}
