import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.js";

const background = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

test("the theme follows the system until the reader chooses, and the choice stays", async ({
  page,
  dashboard,
}) => {
  await page.emulateMedia({ colorScheme: "light" });
  await dashboard.open("prefix:k:");
  const light = await background(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await background(page);
  expect(dark).not.toBe(light);

  const button = page.getByRole("button", { name: /^Theme/ });
  await expect(button).toHaveAccessibleName(/as the system/);
  await button.click();
  await expect(button).toHaveAccessibleName(/Theme: light/);
  expect(await background(page)).toBe(light);
  await page.reload();
  await expect(dashboard.connection).toHaveText("Connected");
  expect(await background(page)).toBe(light);
});
