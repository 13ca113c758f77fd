import type { Subscription, SubscriptionEvents } from "@keywire/client";
import { beforeEach, expect, it, vi } from "vitest";
import { mirror, type Order } from "./orders.js";

type Name = keyof SubscriptionEvents;

/** A subscription to `prefix:checkout:` that says what a test has it say. */
function setup() {
  const listeners = new Map<Name, (detail: never) => void>();
  const subscription: Pick<Subscription, "on"> = {
    on: (name, listener) => {
      listeners.set(name, listener);
      return () => {};
    },
  };
  let shown: readonly Order[] = [];
  mirror(subscription as Subscription, (orders) => {
    shown = orders;
  });
  return {
    tell: (name: Name, detail: object) => listeners.get(name)?.(detail as never),
    states: () => Object.fromEntries(shown.map(({ id, state }) => [id, state])),
    ids: () => shown.map(({ id }) => id),
    order: (id: string) => shown.find((order) => order.id === id),
  };
}

const held = (id: string, ttl: number) => ({
  key: `checkout:${id}`,
  value: { type: "string", data: "20" },
  ttl,
});
const paid = (id: string) => ({ key: `checkout:${id}`, value: { type: "string", data: "20" } });
const gone = (id: string) => ({ key: `checkout:${id}`, value: null });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  return () => vi.useRealTimers();
});

it("an order is held until its key's time is over, released with it, or paid and kept", () => {
  const { tell, states, order } = setup();
  tell("snapshot", { snapshot: [] });
  tell("event", held("a", 20_000));
  tell("event", held("b", 20_000));
  expect(order("a")).toEqual({ id: "a", state: "held", hold: 20_000, due: 1_020_000 });
  tell("event", paid("b"));
  tell("event", gone("a"));
  expect(states()).toEqual({ a: "released", b: "paid" });
  tell("event", held("a", 5_000));
  expect(order("a")).toMatchObject({ state: "held", due: 1_005_000 });
});

it("who comes in the middle counts from where it is", () => {
  const { tell, order } = setup();
  tell("snapshot", { snapshot: [held("a", 7_500)] });
  expect(order("a")).toMatchObject({ hold: 20_000, due: 1_007_500 });
});

it("what a snapshot does not list any more is released", () => {
  const { tell, states } = setup();
  tell("snapshot", { snapshot: [held("a", 9_000), held("b", 9_000)] });
  tell("snapshot", { snapshot: [held("b", 8_000), paid("c")] });
  expect(states()).toEqual({ a: "released", b: "held", c: "paid" });
});

it("an order that somebody wrote by hand is held for as long as its key lives", () => {
  const { tell, order } = setup();
  tell("event", { key: "checkout:x", value: { type: "string", data: "hello" }, ttl: 3_000 });
  expect(order("x")).toMatchObject({ state: "held", hold: 3_000, due: 1_003_000 });
});

it("the end of a key that never was an order is nothing to show", () => {
  const { tell, states } = setup();
  tell("event", gone("unknown"));
  expect(states()).toEqual({});
});

it("a truncated snapshot says nothing of the orders that it does not list", () => {
  const { tell, states } = setup();
  tell("snapshot", { snapshot: [held("a", 9_000), held("b", 9_000)] });
  tell("snapshot", { snapshot: [held("b", 8_000)], truncated: true });
  expect(states()).toEqual({ a: "held", b: "held" });
});

it("what was released last comes last, whenever it was placed", () => {
  const { tell, ids } = setup();
  tell("event", held("long", 60_000));
  tell("event", held("short", 10_000));
  tell("event", gone("short"));
  tell("event", gone("long"));
  expect(ids()).toEqual(["short", "long"]);
});

it("the orders that were released last are remembered, and not one more", () => {
  const { tell, ids } = setup();
  tell("event", held("kept", 60_000));
  for (let order = 0; order < 50; order++) {
    tell("event", held(`o${order}`, 1_000));
    tell("event", gone(`o${order}`));
  }
  expect(ids()).toEqual(["kept", ...Array.from({ length: 8 }, (_, n) => `o${42 + n}`)]);
});

it("an order stays where it is while its key exists, whatever that holds", () => {
  const { tell, order } = setup();
  tell("event", held("a", 20_000));
  tell("event", { key: "checkout:a", value: { type: "hash", data: {} }, ttl: 9_000 });
  expect(order("a")).toMatchObject({ state: "held", hold: 9_000 });
  tell("event", { key: "checkout:a", value: { type: "string", base64: "/w==" }, ttl: 8_000 });
  expect(order("a")).toMatchObject({ state: "held", hold: 8_000 });
  tell("event", { key: "checkout:a", value: { type: "string", data: "-5" }, ttl: 7_000 });
  expect(order("a")).toMatchObject({ state: "held", hold: 7_000 });
});

it("an order whose value could not be read is what it was", () => {
  const { tell, states } = setup();
  tell("event", held("a", 20_000));
  tell("event", { key: "checkout:a" });
  expect(states()).toEqual({ a: "held" });
});

it("a key that is not UTF-8 is none of the orders", () => {
  const { tell, states } = setup();
  tell("event", { key: null, key_raw: "Y2hlY2tvdXQ6/w==", value: { type: "string", data: "20" } });
  expect(states()).toEqual({});
});
