import { expect, test } from "./fixtures.js";

test("a gateway that is killed and started again finds its page coming back by itself", async ({
  page,
  redis,
  gateway,
  dashboard,
}) => {
  await dashboard.open("prefix:order:");
  await page.evaluate(() => {
    document.body.dataset["visit"] = "the first";
  });
  await redis.client.set("order:1", "before");
  await expect(dashboard.row("order:1")).toBeVisible();

  await gateway.kill();
  await expect(dashboard.connection).toHaveText("Reconnecting");
  await expect(dashboard.rows.filter({ hasText: "Connection lost" })).toBeVisible();

  await gateway.restart();
  await expect(dashboard.connection).toHaveText("Connected");
  await dashboard.expectWatching("prefix:order:");
  await redis.client.set("order:2", "after");
  await expect(dashboard.row("order:2")).toBeVisible();

  await expect(dashboard.row("order:1")).toBeVisible();
  await expect(dashboard.rows.filter({ hasText: "Gap" })).toHaveCount(1);
  expect(await page.evaluate(() => document.body.dataset["visit"])).toBe("the first");
});

test("a gateway that goes politely finds its page coming back too", async ({
  gateway,
  dashboard,
  redis,
}) => {
  await dashboard.open("prefix:order:");
  await gateway.restart();
  await expect(dashboard.connection).toHaveText("Connected");
  await dashboard.expectWatching("prefix:order:");
  await redis.client.set("order:3", "x");
  await expect(dashboard.row("order:3")).toBeVisible();
});
