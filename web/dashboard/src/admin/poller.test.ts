import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { Poller } from "./poller.js";

function setUp(ask: (signal: AbortSignal) => Promise<number>) {
  const clock = new VirtualClock();
  const answers: number[] = [];
  const errors: string[] = [];
  const poller = new Poller<number>({
    ask,
    onAnswer: (answer) => answers.push(answer),
    onError: ({ message }) => errors.push(message),
    clock,
    every: 1_000,
  });
  return { clock, answers, errors, poller };
}

describe("Poller", () => {
  it("asks at once, and again after each answer", async () => {
    let asked = 0;
    const { clock, answers, poller } = setUp(async () => ++asked);
    poller.start();
    poller.start();
    await clock.advance(2_500);
    expect(answers).toEqual([1, 2, 3]);
    poller.stop();
    expect(clock.pending).toBe(0);
  });

  it("does not ask again while a question is open", async () => {
    let asked = 0;
    const { clock, poller } = setUp(() => {
      asked++;
      return new Promise(() => {});
    });
    poller.start();
    await clock.advance(10_000);
    expect(asked).toBe(1);
    poller.stop();
  });

  it("goes on after an error", async () => {
    let asked = 0;
    const { clock, answers, errors, poller } = setUp(async () => {
      if (++asked === 1) throw new Error("down");
      return asked;
    });
    poller.start();
    await clock.advance(1_000);
    expect([errors, answers]).toEqual([["down"], [2]]);
    poller.stop();
  });

  it("ends the open question when stopped, and tells nothing of it", async () => {
    let signal: AbortSignal | undefined;
    const { clock, answers, errors, poller } = setUp((given) => {
      signal = given;
      return new Promise((_, reject) =>
        given.addEventListener("abort", () => reject(new Error("aborted"))),
      );
    });
    poller.start();
    poller.stop();
    await clock.advance(5_000);
    expect([signal?.aborted, answers, errors, poller.running]).toEqual([true, [], [], false]);
  });

  it("starts afresh after a stop", async () => {
    const { clock, answers, poller } = setUp(async () => 7);
    poller.start();
    poller.stop();
    poller.start();
    await clock.advance(0);
    expect(answers).toEqual([7]);
    poller.stop();
  });
});
