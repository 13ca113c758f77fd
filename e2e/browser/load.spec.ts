import type { Redis } from "ioredis";
import { expect, test } from "./fixtures.js";

/** Events per second, for this many seconds. */
const RATE = 1_000;
const SECONDS = 5;
/** Parts of a second in which events are written. */
const BURSTS = 20;
/** What fits the window's height, and a margin for what is drawn beyond its edges. */
const MOST_ROWS = 60;

/** Writes at an even pace: by the clock, so that a slow moment is made up for. */
async function writeEvenly(redis: Redis): Promise<void> {
  const start = Date.now();
  const perBurst = RATE / BURSTS;
  for (let burst = 0; burst < SECONDS * BURSTS; burst++) {
    const due = start + (burst * 1_000) / BURSTS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    const pipeline = redis.pipeline();
    for (let key = 0; key < perBurst; key++) pipeline.set(`load:${burst}:${key}`, "x");
    await pipeline.exec();
  }
}

test("1,000 events a second are all counted, and few rows are ever in the document", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:load:");
  await page.evaluate(() => {
    const { dataset } = document.body;
    const look = () => {
      const rows = document.querySelectorAll("tbody tr").length;
      dataset["mostRows"] = String(Math.max(Number(dataset["mostRows"] ?? 0), rows));
      requestAnimationFrame(look);
    };
    look();
  });
  await writeEvenly(redis.client);
  await dashboard.expectReceived(RATE * SECONDS);
  await expect(page.getByText("5,000 rows kept")).toBeVisible();
  await expect(dashboard.rows.filter({ hasText: "Gap" })).toHaveCount(0);
  const mostRows = await page.evaluate(() => Number(document.body.dataset["mostRows"]));
  expect(mostRows).toBeGreaterThan(10);
  expect(mostRows).toBeLessThanOrEqual(MOST_ROWS);

  // The last row of 5,000 is there to be read, at the place that its number gives it.
  await dashboard.scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await expect(dashboard.row("load:0:0")).toBeVisible();
});
