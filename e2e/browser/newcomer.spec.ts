import { Redis } from "ioredis";
import { DashboardPage } from "./dashboard-page.js";
import { startDev } from "./dev.js";
import { expect, test } from "./fixtures.js";

test("a newcomer opens the printed address, sees demo events, watches a key, and sees it written", async ({
  page,
}) => {
  const { dev, address, redisPort } = await startDev();
  await page.goto(address);
  const dashboard = new DashboardPage(page, address);

  await expect(dashboard.connection).toHaveText("Connected");
  expect(page.url()).not.toContain("token");
  await expect(dashboard.rows.nth(5)).toBeVisible();

  await dashboard.watch("key:hello");
  const redis = new Redis({ port: redisPort, host: "127.0.0.1" });
  await redis.set("hello", "world");
  redis.disconnect();
  await expect(dashboard.row("hello").first()).toContainText("set");

  dev.signal("SIGINT");
  expect(await dev.exited).toEqual({ code: 0, signal: null });
});
