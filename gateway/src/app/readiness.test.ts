import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { ReadinessLog } from "./readiness.js";

it("says when it gets ready and when it is not, and why, without repeating itself", async () => {
  const clock = new VirtualClock();
  const began = clock.now();
  const lines: string[] = [];
  const say = (message: string, { reasons }: { reasons?: unknown } = {}) =>
    void lines.push(`${(clock.now() - began) / 1_000} ${message} ${reasons ?? ""}`.trim());
  let problems = ["refused"];
  const log = { debug: say, info: say, warn: say, error: say };
  const readiness = new ReadinessLog(clock, () => problems, log);
  readiness.start();
  await clock.advance(2_500);
  // Reasons that take turns are told now and then.
  for (let turn = 0; turn < 12; turn++) {
    problems = [turn % 2 === 0 ? "closed" : "refused"];
    await clock.advance(1_000);
  }
  problems = [];
  await clock.advance(5_000);
  problems = ["lost"];
  await clock.advance(1_000);
  readiness.stop();
  expect(lines).toEqual([
    "0 not ready refused",
    "11 not ready closed",
    "15 ready",
    "20 not ready lost",
  ]);
  expect(clock.pending).toBe(0);
});
