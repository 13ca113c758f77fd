import { parseChannel } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { Refusals } from "./refusals.js";
import { Subscriptions } from "./subscriptions.js";
import { setup } from "./testing/stage.js";

function subscriptions() {
  const { plan, coverage, acknowledgeAll } = setup();
  const clock = new VirtualClock();
  const obstacles = { fault: undefined, problems: () => [] };
  const all = new Subscriptions(plan, coverage, new Refusals(), obstacles, clock);
  const add = () => all.add(parseChannel("key:a"), { notification: () => {}, gap: () => {} });
  return { all, add, plan, clock, acknowledgeAll };
}

it("those that wait when it ends are refused at once, and leave nothing behind", async () => {
  const { all, add, plan, clock } = subscriptions();
  const added = [add(), add()].map((one) => one.catch((error: unknown) => error));
  all.close();
  for (const error of await Promise.all(added))
    expect(error).toMatchObject({ code: "unavailable" });
  expect([[...plan.feeds()].length, clock.pending]).toEqual([0, 0]);
});

it("one that is acknowledged in time has no timer any more, and is not ended", async () => {
  const { all, add, plan, clock, acknowledgeAll } = subscriptions();
  const added = add();
  acknowledgeAll();
  const subscription = await added;
  all.close();
  expect([[...plan.feeds()].length, clock.pending]).toEqual([1, 0]);
  await subscription.unsubscribe();
  expect([...plan.feeds()].length).toBe(0);
});
