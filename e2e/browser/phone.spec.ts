import type { Page } from "@playwright/test";
import { startGateway } from "../support/index.js";
import { DashboardPage } from "./dashboard-page.js";
import { expect, test } from "./fixtures.js";

test.use({ viewport: { width: 360, height: 640 }, hasTouch: true });

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { content, window } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(content).toBeLessThanOrEqual(window);
}

test("a phone's width holds every page, long names and all", async ({ page, redis, dashboard }) => {
  await page.goto(`${dashboard.url}/`);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expectNoSidewaysScroll(page);

  const long = `k:${"wide".repeat(200)}`;
  await dashboard.open("prefix:k:", `key:${long}`);
  for (let key = 0; key < 20; key++) await redis.client.set(`k:${key}`, "x");
  await redis.client.set(long, "x");
  await expect(dashboard.rows.nth(4)).toBeVisible();
  await expectNoSidewaysScroll(page);

  await dashboard.channelBox.fill("nonsense".repeat(30));
  await dashboard.channelBox.press("Enter");
  await expect(page.getByRole("alert")).toBeVisible();
  await expectNoSidewaysScroll(page);
  await dashboard.channelBox.fill("");

  await dashboard.rows.first().click();
  await expect(dashboard.detail).toContainText(long);
  await expectNoSidewaysScroll(page);
  await dashboard.detail.getByRole("button", { name: "Close the details" }).click();

  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: /^Resume/ })).toBeInViewport({ ratio: 1 });
  await expectNoSidewaysScroll(page);

  await page.getByRole("link", { name: "Gateway" }).click();
  await expect(page.getByRole("heading", { name: /^Upstream subscriptions/ })).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test("a phone's width holds the tables of the AMQP page", async ({ page, redis }) => {
  const gateway = await startGateway({
    redis: redis.url,
    env: { KEYWIRE_AMQP_URL: "amqp://127.0.0.1:9" },
  });
  await new DashboardPage(page, gateway.url).open("prefix:k:");
  await page.getByRole("link", { name: "AMQP" }).click();
  const tables = page.locator(".card:has(table)");
  await expect(tables.first()).toBeVisible();
  const excess = await tables.evaluateAll((cards) =>
    cards.map((card) => (card.querySelector("table")?.offsetWidth ?? 0) - card.clientWidth),
  );
  expect(Math.max(...excess)).toBeLessThanOrEqual(0);
  await gateway.stop();
});

test("controls on a phone are large enough to touch, and the connection stays in sight", async ({
  page,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  for (const name of ["Watch", "Pause", "Clear", /^Copy/]) {
    const box = await page
      .getByRole("button", { name, exact: typeof name === "string" })
      .boundingBox();
    expect(box?.height, String(name)).toBeGreaterThanOrEqual(36);
  }
  await expect(dashboard.connection).toBeInViewport({ ratio: 1 });
});
