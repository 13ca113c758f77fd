import { expect, it } from "vitest";
import { harness, logged, told } from "./testing/harness.js";
import { gap, subscribed } from "./testing/messages.js";

it.each(["slow_consumer", "history_expired"] as const)(
  "asks for the snapshot that a lost connection cut off behind its gap: %s",
  async (reason) => {
    const base = harness();
    const log = logged(base.wire, { value: true, snapshot: 5 });
    const first = await base.open();
    first.say(subscribed(first.sentOf("subscribe")[0]?.id, 5, { snapshot: [] }));
    if (reason === "history_expired") {
      first.drop();
      await base.clock.advance(500);
      const next = await base.open();
      next.say(subscribed(next.sentOf("subscribe")[0]?.id, 5, { resumed: false }));
      next.say(gap(40, { reason, missed: 35 }));
      next.drop(); // the snapshot was on its way
    } else {
      first.say(gap(40, { reason, missed: 35 }));
      first.drop();
    }
    await base.clock.advance(2_000);
    const last = await base.open();
    const request = last.sentOf("subscribe")[0];
    // As the gateway answers it: it has no more to tell.
    if (request?.since) last.say(subscribed(request.id, 40, { resumed: true }));
    else last.say(subscribed(request?.id, 40, { snapshot: [] }));
    await base.settle();
    const again = last.sentOf("subscribe").at(-1);
    if (again !== request) last.say(subscribed(again?.id, 40, { snapshot: [] }));
    expect(told(log).at(-1)).toBe("snapshot 40");
  },
);

it("asks for the snapshot of an answer whose keys a slow connection was to get behind a gap, and lost", async () => {
  const base = harness();
  const log = logged(base.wire, { value: true, snapshot: 5 });
  const first = await base.open();
  first.say(subscribed(first.sentOf("subscribe")[0]?.id, 5));
  await base.settle();
  expect(first.sentOf("subscribe")).toHaveLength(1);
  first.drop();
  await base.clock.advance(500);
  const next = await base.open();
  next.say(subscribed(next.sentOf("subscribe")[0]?.id, 5, { resumed: true }));
  await base.settle();
  next.say(subscribed(next.sentOf("subscribe").at(-1)?.id, 5, { snapshot: [] }));
  expect(told(log).at(-1)).toBe("snapshot 5");
});
