import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type Gateway, releaseAll, startGateway, startRedis } from "../support/index.js";
import { Libraries, library } from "./admin.js";

afterEach(releaseAll);

/** s of events. */
const SECONDS = 60;
const PER_SECOND = 1_000;
/** s at the start that memory may grow in, until garbage has been collected for the first time. */
const WARM_UP = 30;
/** MB; what garbage that is not collected yet may amount to. */
const GROWTH = 40;

/** MB of the gateway's process, sandboxes included. */
async function memory(gateway: Gateway): Promise<number> {
  const status = await readFile(`/proc/${gateway.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

it("a thousand events a second run through a library, and memory stays flat", async () => {
  const redis = await startRedis();
  const gateway = await startGateway({ redis: redis.url });
  const libraries = new Libraries(gateway);
  await libraries.load(
    library(
      "steady",
      `redis.registerKeySpaceTrigger("t", "k:", (client, data) => { client.call("incr", "count"); });`,
    ),
  );
  const sizes: number[] = [];
  const began = Date.now();
  let sent = 0;
  while (sent < SECONDS * PER_SECOND) {
    const due = Math.min(SECONDS * PER_SECOND, ((Date.now() - began) / 1_000) * PER_SECOND);
    const writes: Promise<unknown>[] = [];
    while (sent < due) writes.push(redis.client.set(`k:${sent++ % 500}`, "x"));
    await Promise.all(writes);
    if ((Date.now() - began) / 1_000 > sizes.length) sizes.push(await memory(gateway));
    await pause(10);
  }
  const trigger = await libraries.finished("steady.t", sent, 60_000);
  expect(trigger).toMatchObject({ num_triggered: sent, num_success: sent });
  expect(await redis.client.get("count")).toBe(String(sent));
  expect((await libraries.list("steady"))["missed"]).toMatchObject({ events: 0, stretches: 0 });
  const early = Math.max(...sizes.slice(0, WARM_UP));
  const late = sizes.slice(-3).reduce((sum, size) => sum + size, 0) / 3;
  expect(late, sizes.map(Math.round).join(" ")).toBeLessThan(early + GROWTH);
}, 240_000);
