import type { SequencedMessage } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { Backlog } from "./backlog.js";
import { event, gap, snapshot } from "./testing/messages.js";

function backlog(buffer = 3, offset: number | undefined = undefined) {
  const told = { refreshes: 0, left: 0 };
  const source = {
    buffer,
    offset,
    now: () => 7,
    refresh: () => {
      told.refreshes += 1;
    },
  };
  const left = () => {
    told.left += 1;
  };
  return { messages: new Backlog(source, left), told };
}

async function drain(messages: Backlog): Promise<SequencedMessage[]> {
  messages.push(event(1_000_000));
  const drained: SequencedMessage[] = [];
  for await (const message of messages) {
    if (message.offset === 1_000_000) break;
    drained.push(message);
  }
  return drained;
}

describe("Backlog", () => {
  it("keeps the order, waited for or not", async () => {
    const { messages } = backlog();
    const first = messages.next();
    messages.push(event(1));
    messages.push(event(2));
    expect((await first).value).toEqual(event(1));
    expect(await drain(messages)).toEqual([event(2)]);
  });

  it("puts one gap in the place of what was not taken in time, which says how much it was", async () => {
    const { messages, told } = backlog();
    const first = messages.next();
    for (const offset of [5, 6, 7, 8, 9, 10]) messages.push(event(offset));
    await first;
    expect(told.refreshes).toBe(0);
    expect(await drain(messages)).toEqual([
      gap(9, {
        reason: "slow_consumer",
        missed: 4,
        from: event(6).time,
        to: 7,
      }),
      event(10),
    ]);
    expect(told.refreshes).toBe(1);
  });

  it("counts from the first message where nothing was taken before", async () => {
    const { messages } = backlog(1);
    messages.push(snapshot(4));
    messages.push(event(5));
    expect((await messages.next()).value).toMatchObject({ offset: 5, missed: 1, from: 7 });
  });

  it("counts from the subscription's place where the loop began late", async () => {
    const { messages } = backlog(1, 4);
    messages.push(event(5));
    messages.push(event(6));
    expect((await messages.next()).value).toMatchObject({ offset: 6, missed: 2 });
  });

  it("drops gaps into the gap, and their uncertainty with them", async () => {
    const { messages } = backlog(2, 4);
    messages.push(gap(9, { missed: null, from: 3 }));
    messages.push(event(10));
    messages.push(event(11));
    expect((await messages.next()).value).toMatchObject({ missed: null, from: 3, to: 7 });
  });

  it("grows its own gap when it overflows again before that was taken", async () => {
    const { messages, told } = backlog(2, 0);
    for (let offset = 1; offset <= 9; offset++) messages.push(event(offset));
    const drained = await drain(messages);
    expect(drained[0]).toMatchObject({ type: "gap", missed: 9, offset: 9, from: event(1).time });
    expect(drained).toHaveLength(1);
    expect(told.refreshes).toBe(1);
  });

  it("hands out what is queued before it throws the error, once", async () => {
    const { messages } = backlog();
    messages.push(event(1));
    messages.end(new Error("refused"));
    expect((await messages.next()).value).toEqual(event(1));
    await expect(messages.next()).rejects.toThrow("refused");
    expect(await messages.next()).toEqual({ done: true, value: undefined });
  });

  it("ends a loop that waits", async () => {
    const { messages } = backlog();
    const waiting = messages.next();
    messages.end();
    expect((await waiting).done).toBe(true);
  });

  it("says when the loop is left", async () => {
    const { messages, told } = backlog();
    expect(await drain(messages)).toEqual([]);
    expect(told.left).toBe(1);
    expect((await messages.next()).done).toBe(true);
  });
});
