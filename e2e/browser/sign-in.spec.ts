import { mintToken } from "../support/index.js";
import { expect, test } from "./fixtures.js";

const now = () => Math.floor(Date.now() / 1_000);

test("a token in the address signs in, leaves the address and the history, and survives a reload", async ({
  page,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  expect(page.url()).toBe(`${dashboard.url}/`);
  await page.reload();
  await expect(dashboard.connection).toHaveText("Connected");
  await dashboard.expectWatching("prefix:k:");
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain("ey");
});

test("an address with another user's token shows nothing that the first one saw", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await redis.client.set("k:1", "x");
  await expect(dashboard.row("k:1")).toBeVisible();
  // In the same tab: only the fragment changes, and nothing is loaded anew.
  await dashboard.openWith(await mintToken({ sub: "somebody else" }), "prefix:x:");
  await expect(page.getByText("somebody else", { exact: true })).toBeVisible();
  expect(page.url()).not.toContain("token");
  await dashboard.expectWatching("prefix:x:");
  await expect(page.getByRole("button", { name: "Stop watching prefix:k:" })).toHaveCount(0);
  await expect(dashboard.rows).toHaveCount(0);
});

test("a token is pasted into the form, and signing out forgets it", async ({ page, dashboard }) => {
  await page.goto(`${dashboard.url}/`);
  const token = await mintToken({ sub: "ada" });
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(dashboard.connection).toHaveText("Connected");
  await expect(page.getByText("ada", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a token that is none, is forged or has expired brings the form with the reason", async ({
  page,
  dashboard,
}) => {
  const reason = page.getByRole("alert");
  await page.goto(`${dashboard.url}/`);
  await page.getByLabel("Token").fill("hello");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(reason).toContainText("three parts");

  await page.getByLabel("Token").fill(await mintToken({ exp: now() - 3_600 }));
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(reason).toContainText("expired");

  const forged = await mintToken({ secret: "another secret, of more than 32 bytes as well" });
  await page.getByLabel("Token").fill(forged);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(reason).toContainText(/signature|not valid|token/i);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("a token that ends while the page is open brings the form back, and a new one goes on", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.openWith(await mintToken({ exp: now() + 8 }), "prefix:k:");
  await dashboard.expectWatching("prefix:k:");
  await redis.client.set("k:1", "x");
  await expect(dashboard.row("k:1")).toBeVisible();

  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("alert")).toContainText(/expired/);
  await page.getByLabel("Token").fill(await mintToken());
  await page.getByRole("button", { name: "Sign in" }).click();
  await dashboard.expectWatching("prefix:k:");
  await expect(dashboard.row("k:1")).toBeVisible();
});

test("what a token does not allow is told beneath the box and among the events", async ({
  page,
  dashboard,
}) => {
  await dashboard.openWith(await mintToken({ grants: [{ keys: "mine:*" }] }));
  await dashboard.expectWatching("prefix:mine:");
  await dashboard.channelBox.fill("prefix:yours:");
  await dashboard.channelBox.press("Enter");
  await expect(page.getByRole("alert")).toContainText("prefix:yours:");
  await expect(dashboard.rows.filter({ hasText: "Error" })).toBeVisible();
});
