import type { Subscription, Value } from "@keywire/client";

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

/** Keeps the orders that a subscription to `prefix:checkout:` tells of, and says when they change. */
export function mirror(orders: Subscription, changed: (orders: readonly Order[]) => void): void {
  const known = new Map<string, Order>();

  function take(
    key: string | null,
    value: Value | null | undefined,
    ttl: number | undefined,
  ): void {
    const id = key?.slice(PREFIX.length) ?? "";
    const before = known.get(id);
    if (value?.type === "string" && "data" in value) {
      // The key's value is for how many seconds the order is held.
      const hold = Number(value.data) * 1_000 || (ttl ?? 0);
      const state = ttl === undefined ? "paid" : "held";
      known.set(id, { id, state, hold, due: Date.now() + (ttl ?? 0) });
    } else if (before !== undefined) {
      known.set(id, { ...before, state: "released" });
    }
  }

  // All there is: at first, and again after every gap. What it does not list is gone.
  orders.on("snapshot", ({ snapshot }) => {
    const there = new Set(snapshot.map(({ key }) => key));
    for (const { id } of known.values()) if (!there.has(PREFIX + id)) take(PREFIX + id, null, 0);
    for (const { key, value, ttl } of snapshot) take(key, value, ttl);
    changed([...known.values()]);
  });
  // One order was placed, paid, or has run out.
  orders.on("event", ({ key, value, ttl }) => {
    take(key, value, ttl);
    changed([...known.values()]);
  });
}
