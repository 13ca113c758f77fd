import { VirtualClock } from "@keywire/shared/testing";
import type { Redis } from "ioredis";
import { expect, it } from "vitest";
import { Swaps } from "./swaps.js";

/** What `INFO commandstats` answers: how many swaps there were, or why it does not say. */
function bench(answers: readonly (number | Error)[]) {
  const clock = new VirtualClock(0);
  const left = [...answers];
  const info = async () => {
    const answer = left.shift() ?? 0;
    if (answer instanceof Error) throw answer;
    const others = "# Commandstats\r\ncmdstat_get:calls=9,usec=1\r\n";
    return answer === 0 ? others : `${others}cmdstat_swapdb:calls=${answer},usec=7\r\n`;
  };
  const control = { info } as unknown as Redis;
  const swaps = new Swaps({ address: "a:1", control }, clock);
  const look = async () => {
    await clock.advance(1_000);
    return swaps.look();
  };
  return { swaps, look };
}

const refusal = Object.assign(new Error("NOPERM no"), { name: "ReplyError" });

it("tells since when, once for each look that finds another count, one that was reset included", async () => {
  const { look } = bench([2, 2, 3, 3, 0, 0, 1]);
  const told = [];
  for (let count = 0; count < 7; count++) told.push(await look());
  expect(told).toEqual([undefined, undefined, 2_000, undefined, 4_000, undefined, 6_000]);
});

it("covers the looks that found nothing out", async () => {
  const { swaps, look } = bench([0, refusal, new Error("Command timed out"), 1]);
  expect([await look(), await look()]).toEqual([undefined, undefined]);
  expect(swaps.refusal?.message).toBe("a:1 refuses INFO, so a SWAPDB cannot be told: NOPERM no");
  await expect(look()).rejects.toThrow("timed out");
  expect(await look()).toBe(1_000);
  expect(swaps.refusal).toBeUndefined();
});
