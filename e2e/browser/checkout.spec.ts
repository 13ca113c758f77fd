import type { Page } from "@playwright/test";
import { Redis } from "ioredis";
import { hold } from "../support/index.js";
import { startDev } from "./dev.js";
import { expect, test } from "./fixtures.js";

/** ms within which a window must show what an event tells. */
const SOON = 1_000;

/** `keywire dev` with its demo page open, and a connection to its Redis. */
async function open(page: Page) {
  const { address, redisPort, dev } = await startDev();
  const url = new URL("/demo/checkout", address).href;
  const redis = new Redis({ port: redisPort, host: "127.0.0.1" });
  // It may end before the test does, with the command that it belongs to.
  redis.on("error", () => {});
  hold(() => redis.disconnect());
  await visit(page, url);
  return { url, redis, dev };
}

async function visit(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
}

const list = (page: Page, name: "held" | "paid" | "released") =>
  page.locator(`#${name}-orders`).getByRole("listitem");

/** Seconds that the page says an order has left. */
async function secondsLeft(page: Page, id: string): Promise<number> {
  const text = await page.locator(`[data-order="${id}"] .time`).textContent();
  return Number(/^(\d+) s left$/.exec(text ?? "")?.[1]);
}

test("an order placed in one window is held in both, and released in both when its key expires", async ({
  page,
  context,
}) => {
  const { url, redis } = await open(page);
  const other = await context.newPage();
  await visit(other, url);
  await expect(page.getByText("Nothing is held")).toBeVisible();

  let expiredAt = 0;
  const listener = redis.duplicate();
  hold(() => listener.disconnect());
  listener.on("pmessage", (_pattern, _channel, event: string) => {
    if (event === "expired") expiredAt = Date.now();
  });
  await listener.psubscribe("__keyspace@0__:checkout:*");

  await page.getByLabel("Hold for").selectOption("10");
  await page.getByRole("button", { name: "New order" }).click();
  await expect(list(page, "held")).toHaveCount(1);
  await expect(list(other, "held")).toHaveCount(1);
  const id = (await list(page, "held").first().getAttribute("data-order")) ?? "";
  expect(await redis.pttl(`checkout:${id}`)).toBeGreaterThan(0);

  await expect.poll(() => expiredAt, { timeout: 15_000, intervals: [20] }).toBeGreaterThan(0);
  for (const window of [page, other]) {
    await expect(list(window, "released").filter({ hasText: id })).toHaveCount(1, {
      timeout: Math.max(1, expiredAt + SOON - Date.now()),
    });
    await expect(list(window, "held")).toHaveCount(0);
  }
});

test("a page that is loaded in the middle counts on from where it is", async ({ page }) => {
  const { redis } = await open(page);
  await page.getByLabel("Hold for").selectOption("60");
  await page.getByRole("button", { name: "New order" }).click();
  const id = (await list(page, "held").first().getAttribute("data-order")) ?? "";
  // As if much of its time were over: the page is told, and so is one that comes later.
  await redis.pexpire(`checkout:${id}`, 30_500);
  await expect.poll(() => secondsLeft(page, id)).toBeLessThanOrEqual(31);
  await page.reload();
  await expect(list(page, "held")).toHaveCount(1);
  const left = (await redis.pttl(`checkout:${id}`)) / 1_000;
  expect(Math.abs((await secondsLeft(page, id)) - left)).toBeLessThan(1.5);
  // The ring was full for the 60 s of the hold, so now it is about half empty.
  const offset = await page
    .locator(`[data-order="${id}"] .left`)
    .evaluate((circle) => Number.parseFloat(getComputedStyle(circle).strokeDashoffset));
  expect(Math.abs(offset - (1 - left / 60))).toBeLessThan(0.05);
});

test("an order that is paid stays, in every window", async ({ page, context }) => {
  const { url, redis } = await open(page);
  const other = await context.newPage();
  await visit(other, url);
  await page.getByRole("button", { name: "New order" }).click();
  await list(other, "held")
    .first()
    .getByRole("button", { name: /^Pay for order/ })
    .click();
  for (const window of [page, other]) {
    await expect(list(window, "paid")).toHaveCount(1);
    await expect(list(window, "held")).toHaveCount(0);
  }
  const id = (await list(page, "paid").first().getAttribute("data-order")) ?? "";
  expect(await redis.ttl(`checkout:${id}`)).toBe(-1);
});

test("an order is placed once, whoever asks twice, and from anywhere", async ({ page }) => {
  const { url, redis } = await open(page);
  const post = () =>
    page.evaluate(async () => {
      const answer = await fetch("/checkout", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ id: "same", expire: 60 }),
      });
      return ((await answer.json()) as { status: string }).status;
    });
  expect([await post(), await post()]).toEqual(["set", "not_set"]);
  await expect(list(page, "held")).toHaveCount(1);
  await redis.set("checkout:by-hand", "x", "EX", 60);
  await expect(list(page, "held")).toHaveCount(2);
  await redis.del("checkout:by-hand");
  await expect(list(page, "released").filter({ hasText: "by-hand" })).toHaveCount(1);
  expect(new URL(url).pathname).toBe("/demo/checkout");
});

test("it asks for nothing but its own files and what it is told, and says when it is cut off", async ({
  page,
}) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const { dev } = await open(page);
  await page.getByRole("button", { name: "New order" }).click();
  await expect(list(page, "held")).toHaveCount(1);
  await expect.poll(() => secondsLeftOfFirst(page)).toBeLessThan(19);
  const data = asked.filter((path) => !/^\/demo\/checkout(\/assets\/.*)?$|favicon/.test(path));
  expect(data).toEqual(["/demo/checkout/token", "/checkout"]);
  await dev.kill();
  await expect(page.getByText("Connecting", { exact: true })).toBeVisible();
});

test("what changes meanwhile takes no click away, and is not read out twice", async ({ page }) => {
  const { redis } = await open(page);
  await redis.set("checkout:mine", "60", "EX", 60);
  await redis.set("checkout:old", "60", "EX", 60);
  await expect(list(page, "held")).toHaveCount(2);
  await redis.del("checkout:old");
  await expect(list(page, "released")).toHaveCount(1);
  await list(page, "released")
    .first()
    .evaluate((item) => item.classList.add("seen"));
  // Waits until the button has come to rest: orders slide in.
  await page.getByRole("button", { name: "Pay for order mine" }).hover();
  await page.mouse.down();
  await redis.set("checkout:other", "3600", "EX", 3_600);
  await redis.set("checkout:gone", "60", "EX", 60);
  await expect(list(page, "held")).toHaveCount(3);
  await redis.del("checkout:gone");
  await expect(list(page, "released")).toHaveCount(2);
  await page.mouse.up();
  await expect(list(page, "paid")).toHaveText(/mine/);
  // An element that is put in anew is news to a screen reader.
  await expect(page.locator("#released-orders .seen")).toHaveCount(1);
});

test("a second order can be placed while the first one still slides in", async ({ page }) => {
  await open(page);
  const box = await page.getByRole("button", { name: "New order" }).boundingBox();
  if (box === null) throw new Error("the button is not there");
  for (let order = 1; order <= 5; order++) {
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect(list(page, "held")).toHaveCount(order);
  }
});

test("an order that is named to break the page is shown like any other", async ({ page }) => {
  const { redis } = await open(page);
  const name = `"]<img src=x onerror=alert(1)>${"w".repeat(300)}`;
  await redis.set(`checkout:${name}`, "60", "EX", 60);
  await page.getByRole("button", { name: /^Pay for order/ }).focus();
  await redis.set("checkout:next", "60", "EX", 60);
  await expect(list(page, "held")).toHaveCount(2);
  await page.setViewportSize({ width: 360, height: 640 });
  const wider = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
  expect(wider).toBeLessThanOrEqual(0);
});

async function secondsLeftOfFirst(page: Page): Promise<number> {
  return secondsLeft(page, (await list(page, "held").first().getAttribute("data-order")) ?? "");
}
