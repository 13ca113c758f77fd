import type { EventMessage, SnapshotEntry, Subscription } from "@keywire/client";

/** An order, as its key in Redis tells. */
export interface Order {
  readonly id: string;
  readonly state: "held" | "paid" | "released";
  /** Until when it is held, ms since the Unix epoch by this page's clock. */
  readonly due: number;
  /** For how long it was held when it was placed, ms. */
  readonly hold: number;
}

const PREFIX = "checkout:";
/** Released orders that are remembered: those that were released last. */
const RELEASED_KEPT = 8;

/** Keeps the orders that a subscription to `prefix:checkout:` tells of, and says when they change. */
export function mirror(orders: Subscription, changed: (orders: readonly Order[]) => void): void {
  const known = new Map<string, Order>();

  function take({ key, value, ttl }: SnapshotEntry | EventMessage) {
    if (key === null || value === undefined) return; // None of ours, or not read: then a gap follows.
    const id = key.slice(PREFIX.length);
    if (!value) return release(id);
    // What the page writes is for how many seconds the order is held; others may write anything.
    const hold = Math.max("data" in value ? Number(value.data) * 1_000 || 0 : 0, ttl ?? 0);
    const state = ttl === undefined ? "paid" : "held";
    known.set(id, { id, state, hold, due: Date.now() + (ttl ?? 0) });
  }

  function release(id: string): void {
    const order = known.get(id);
    if (order === undefined || order.state === "released") return;
    known.delete(id); // To come after those that were released before it.
    known.set(id, { ...order, state: "released" });
    const released = [...known.values()].filter(({ state }) => state === "released");
    for (const old of released.slice(0, -RELEASED_KEPT)) known.delete(old.id);
  }

  // All there is, at first and after every gap: what is not listed is gone, unless the list is cut short.
  orders.on("snapshot", ({ snapshot, truncated }) => {
    const there = new Set(snapshot.map(({ key }) => key));
    for (const id of truncated ? [] : [...known.keys()]) if (!there.has(PREFIX + id)) release(id);
    snapshot.forEach(take);
    changed([...known.values()]);
  });
  orders.on("event", (event) => {
    take(event);
    changed([...known.values()]);
  });
}
