import type { Page } from "@playwright/test";
import { mintToken } from "../support/index.js";
import { expect, test } from "./fixtures.js";

/** The focused element as a reader of the screen would name it, and whether one sees that it is. */
function focused(page: Page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return { name: "", visible: false };
    const rings = [element, element.closest(".grid")].map((one) =>
      one === null ? "none" : getComputedStyle(one).outlineStyle,
    );
    const name = element.getAttribute("aria-label") ?? element.textContent ?? "";
    return { name: name.trim() || element.id, visible: rings.some((style) => style !== "none") };
  });
}

test("everything can be done with the keyboard alone", async ({ page, redis, dashboard }) => {
  await page.goto(`${dashboard.url}/`);
  await page.keyboard.insertText(await mintToken({ admin: true }));
  await page.keyboard.press("Enter");
  await expect(dashboard.connection).toHaveText("Connected");

  await page.keyboard.press("/");
  await expect(dashboard.channelBox).toBeFocused();
  await page.keyboard.type("prefix:k:");
  await page.keyboard.press("Enter");
  await dashboard.expectWatching("prefix:k:");
  await page.keyboard.press("Escape");
  await expect(dashboard.channelBox).not.toBeFocused();

  await redis.client.set("k:1", "x");
  await redis.client.set("k:2", "x");
  await expect(dashboard.row("k:2").first()).toBeVisible();
  await page.keyboard.press("p");
  await expect(page.getByRole("button", { name: /^Resume/ })).toBeVisible();
  await page.keyboard.press("Space");
  await expect(page.getByRole("button", { name: /^Pause/ })).toBeVisible();

  await dashboard.grid.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await expect(dashboard.detail).toContainText("k:1");
  await expect(dashboard.rows.last()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Escape");
  await expect(dashboard.detail).toHaveCount(0);
});

test("the tab key reaches every control, in reading order, and one sees where it is", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await redis.client.set("k:1", "x");
  await expect(dashboard.row("k:1")).toBeVisible();
  const names: string[] = [];
  for (let stop = 0; stop < 30; stop++) {
    await page.keyboard.press("Tab");
    const { name, visible } = await focused(page);
    if (name === "") break;
    expect(visible, `${name} shows that it has the focus`).toBe(true);
    names.push(name);
  }
  const expected = [
    ...["Skip to the page", "Keywire, live Redis keys", "Events", "Gateway", "Sign out", "Theme"],
    ...[
      "channel",
      "Watch",
      "Stop watching prefix:k:",
      "All events",
      "set",
      "Pause",
      "Clear",
      "Copy",
    ],
    "Events, newest first",
  ];
  const places = expected.map((name) => names.findIndex((found) => found.startsWith(name)));
  expect(places, `found ${names.join(" | ")}`).not.toContain(-1);
  expect(places, `found ${names.join(" | ")}`).toEqual([...places].sort((a, b) => a - b));
});

test("a key that takes away what had the focus leaves the focus beside it", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:", "key:one", "key:two");
  await redis.client.set("k:1", "x");
  await dashboard.row("k:1").click();
  await dashboard.detail.getByRole("button", { name: "Copy JSON" }).focus();
  await page.keyboard.press("Escape");
  await expect(dashboard.grid).toBeFocused();
  await dashboard.row("k:1").click();
  await dashboard.detail.getByRole("button", { name: "Close the details" }).focus();
  await page.keyboard.press("Space");
  await expect(dashboard.grid).toBeFocused();
  await page.getByRole("button", { name: "Stop watching key:one" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Stop watching prefix:k:" })).toBeFocused();
});

test("shortcuts stay out of the way of typing", async ({ page, dashboard }) => {
  await dashboard.open("prefix:k:");
  await expect(page).toHaveTitle("Events · Keywire");
  await dashboard.channelBox.focus();
  await page.keyboard.type("p /");
  await expect(dashboard.channelBox).toHaveValue("p /");
  await expect(page.getByRole("button", { name: /^Pause/ })).toBeVisible();
});
