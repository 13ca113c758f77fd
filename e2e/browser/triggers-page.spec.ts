import type { Page } from "@playwright/test";
import { mintToken } from "../support/index.js";
import { expect, test } from "./fixtures.js";

const SOURCE = `#!js api_version=1.0 name=shop
redis.registerKeySpaceTrigger("stamp", "user:", (client, data) => {
  client.call("incr", "stamps");
});
`;

/** The row of a trigger. */
const row = (page: Page, id: string) => page.locator(`[data-trigger="${id}"]`);
const cell = (page: Page, id: string, column: number) =>
  row(page, id).getByRole("cell").nth(column);
const TRIGGERED = 2;
const AVERAGE = 5;

async function openTriggers(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Triggers" }).click();
  await expect(page.getByRole("heading", { name: /^Libraries/ })).toBeVisible();
}

async function load(page: Page, source: string): Promise<void> {
  await page.getByLabel("Source").fill(source);
  await page.getByRole("button", { name: "Load", exact: true }).click();
}

test("a library is loaded, its figures move as keys are written, its error is shown with the line", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:user:");
  await openTriggers(page);
  await load(page, SOURCE);
  await expect(page.getByRole("button", { name: "shop", exact: true })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(cell(page, "shop.stamp", TRIGGERED)).toHaveText("0");
  await expect(cell(page, "shop.stamp", AVERAGE)).toHaveText("0 ms");

  await redis.client.set("user:1", "x");
  await expect(row(page, "shop.stamp")).toHaveAttribute("data-moved", "1");
  await expect(cell(page, "shop.stamp", TRIGGERED)).toContainText("1");
  const first = await cell(page, "shop.stamp", AVERAGE).textContent();
  expect(first).toMatch(/^[\d.,]+ ms$/);
  expect(first).not.toBe("0 ms");
  for (let key = 0; key < 50; key++) await redis.client.set(`user:${key}`, "x");
  await expect(cell(page, "shop.stamp", TRIGGERED)).toContainText("51");
  await expect(cell(page, "shop.stamp", AVERAGE)).not.toHaveText(first ?? "");
  // What moved once and then stood still does not light up any more.
  await expect(row(page, "shop.stamp")).not.toHaveAttribute("data-moved", /.*/);
  await expect(
    page.getByRole("img", { name: /executions in the last second/ }),
  ).toHaveAccessibleName(/ms on average/);

  const broken = SOURCE.replace('client.call("incr", "stamps");', "nowhere.at.all();");
  await page.getByLabel("Source").fill(broken);
  await page.getByRole("button", { name: "Replace" }).click();
  await expect(page.getByText("Replaced shop")).toBeVisible();
  await redis.client.set("user:1", "x");
  const error = page.locator(".trigger__error");
  await expect(error).toContainText("nowhere");
  await expect(error).toContainText("line 3");
  await expect(cell(page, "shop.stamp", TRIGGERED)).toContainText("52");
  await error.getByRole("button", { name: "show line 3" }).click();
  await expect(page.locator(".source__line--wrong")).toHaveText("3");
});

test("a source that does not load says why beside it, naming the line; nothing is changed", async ({
  page,
  dashboard,
}) => {
  await dashboard.open("prefix:user:");
  await openTriggers(page);
  await load(page, SOURCE);
  await expect(row(page, "shop.stamp")).toBeVisible();
  await page.getByLabel("Source").fill(`${SOURCE}\nlet a = ;\n`);
  await page.getByRole("button", { name: "Replace" }).click();
  const fault = page.getByRole("alert");
  await expect(fault).toContainText("Line 6");
  await expect(page.locator(".source__line--wrong")).toHaveText("6");
  await expect(page.getByLabel("Source")).toHaveAttribute("aria-invalid", "true");
  await expect(row(page, "shop.stamp")).toBeVisible();

  await page.getByRole("button", { name: "New library" }).click();
  await expect(fault).toHaveCount(0);
  await load(page, SOURCE);
  await expect(fault).toContainText("shop is loaded already");

  await page.getByRole("button", { name: "shop", exact: true }).click();
  await expect(page.getByLabel("Source")).toHaveValue(SOURCE);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Yes, delete" }).click();
  await expect(page.getByText("Deleted shop")).toBeVisible();
  await expect(row(page, "shop.stamp")).toHaveCount(0);
});

test("names and errors that libraries choose are text and nothing else", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:user:");
  await openTriggers(page);
  const hostile = "<img src=x onerror=alert(1)>";
  await load(
    page,
    `#!js api_version=1.0 name=hostile
redis.registerKeySpaceTrigger("t", ${JSON.stringify(hostile)}, () => {
  throw new Error(${JSON.stringify(`${hostile}\u202e\u0007`)});
}, { description: ${JSON.stringify(hostile)} });
`,
  );
  await expect(row(page, "hostile.t")).toBeVisible();
  await redis.client.set(`${hostile}1`, "x");
  await expect(page.locator(".trigger__error")).toContainText(hostile);
  await expect(row(page, "hostile.t")).toContainText(hostile);
});

test("without an admin's token the page says what it takes", async ({ page, dashboard }) => {
  await dashboard.openWith(await mintToken());
  await expect(dashboard.connection).toHaveText("Connected");
  await page.getByRole("link", { name: "Triggers" }).click();
  await expect(page.getByRole("alert")).toContainText("Sign in with a token that says admin");
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 360, height: 640 }, hasTouch: true });

  test("all of it fits, long names and all", async ({ page, redis, dashboard }) => {
    await dashboard.open("prefix:user:");
    await openTriggers(page);
    const long = "wide".repeat(40);
    await load(
      page,
      `#!js api_version=1.0 name=${long}
redis.registerKeySpaceTrigger("${long}", "${long}", () => { throw new Error("${long}"); });
`,
    );
    await expect(row(page, `${long}.${long}`)).toBeVisible();
    await redis.client.set(long, "x");
    await expect(page.locator(".trigger__error")).toBeVisible();
    const { content, window } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
    }));
    expect(content).toBeLessThanOrEqual(window);
  });
});
