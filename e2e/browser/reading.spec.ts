import type { Redis } from "ioredis";
import { expect, test } from "./fixtures.js";

async function write(redis: Redis, from: number, to: number): Promise<void> {
  const pipeline = redis.pipeline();
  for (let key = from; key <= to; key++) pipeline.set(`k:${String(key).padStart(4, "0")}`, "x");
  await pipeline.exec();
}

test("what is read further down stands still while new events come in", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await write(redis.client, 1, 200);
  await dashboard.expectReceived(200);

  await dashboard.scroller.evaluate((element) => element.scrollTo(0, 2_000));
  const back = page.getByRole("button", { name: /Back to the newest/ });
  await expect(back).toBeVisible();
  const target = dashboard.row("k:0125");
  const place = await target.boundingBox();
  expect(place).not.toBeNull();

  await write(redis.client, 201, 350);
  await expect(page.getByRole("button", { name: "150 new" })).toBeVisible();
  expect(await target.boundingBox()).toEqual(place);

  await page.getByRole("button", { name: "150 new" }).click();
  await expect(dashboard.row("k:0350")).toBeVisible();
  expect(await dashboard.scroller.evaluate((element) => element.scrollTop)).toBe(0);
  expect((await dashboard.keys())[0]).toBe("k:0350");

  await write(redis.client, 351, 351);
  await expect(dashboard.row("k:0351")).toBeVisible();
});

test("scrolling back to the top by hand goes on live", async ({ page, redis, dashboard }) => {
  await dashboard.open("prefix:k:");
  await write(redis.client, 1, 100);
  await dashboard.expectReceived(100);
  await dashboard.scroller.hover();
  await page.mouse.wheel(0, 900);
  await expect(page.getByRole("button", { name: /Back to the newest/ })).toBeVisible();
  await write(redis.client, 101, 101);
  await expect(page.getByRole("button", { name: "1 new" })).toBeVisible();
  await page.mouse.wheel(0, -5_000);
  await expect(dashboard.row("k:0101")).toBeVisible();
});
