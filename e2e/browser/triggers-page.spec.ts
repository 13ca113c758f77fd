import { mintToken } from "../support/index.js";
import { expect, test } from "./fixtures.js";
import { TriggersPage } from "./triggers-page.js";

const SOURCE = `#!js api_version=1.0 name=shop
redis.registerKeySpaceTrigger("stamp", "user:", (client, data) => {
  client.call("incr", "stamps");
}, { description: "counts users" });
redis.registerFunction("greet", (client, key, word) => word + " " + client.call("get", key));
`;

test("the example teaches: loaded with one click, its figures move with the key that it names", async ({
  page,
  redis,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  await expect(page.getByRole("heading", { name: "No library is loaded yet" })).toBeVisible();
  await page.getByRole("button", { name: "Load this example" }).click();
  await expect(page.getByText("redis-cli hset user:1 name Ada")).toBeVisible();
  await redis.client.hset("user:1", "name", "Ada");
  await expect(triggers.cell("example.stamp", "Triggered")).toContainText("1");
  await expect(page.getByText("redis-cli hset user:1 name Ada")).toHaveCount(0);
  await expect.poll(() => redis.client.hget("user:1", "__last_updated__")).toMatch(/^\d+$/);
});

test("figures move with each key that is written, and rows light up while they do", async ({
  page,
  redis,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  await triggers.loadNew(SOURCE);
  await expect(triggers.cell("shop.stamp", "Triggered")).toHaveText("0");
  await expect(triggers.cell("shop.stamp", "Average")).toHaveText("–");

  await redis.client.set("user:1", "x");
  await expect(triggers.row("shop.stamp")).toHaveClass(/trigger--moved/);
  await expect(triggers.cell("shop.stamp", "Triggered")).toContainText("1");
  await expect(triggers.cell("shop.stamp", "Average")).toHaveText(/^[\d.,]+ m?s$/);
  const first = await triggers.cell("shop.stamp", "Average").textContent();
  for (let key = 0; key < 50; key++) await redis.client.set(`user:${key}`, "x");
  await expect(triggers.cell("shop.stamp", "Triggered")).toContainText("51");
  await expect(triggers.cell("shop.stamp", "Average")).not.toHaveText(first ?? "");
  // What moved once and then stood still does not light up any more.
  await expect(triggers.row("shop.stamp")).not.toHaveClass(/trigger--moved/);
  await expect(
    page.getByRole("img", { name: /executions in the last second/ }),
  ).toHaveAccessibleName(/each on average/);
});

test("a library that breaks shows its error, and the error its line in the source", async ({
  page,
  redis,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  await triggers.loadNew(SOURCE);
  await redis.client.set("user:1", "x");
  await expect(triggers.cell("shop.stamp", "Triggered")).toContainText("1");
  await triggers.source.fill(SOURCE.replace('client.call("incr", "stamps");', "nowhere.at.all();"));
  await page.getByRole("button", { name: "Replace shop" }).click();
  await expect(page.getByText("Replaced shop.")).toBeVisible();
  await expect(triggers.cell("shop.stamp", "Triggered")).toContainText("1");
  await redis.client.set("user:1", "x");
  await expect(triggers.lastErrors).toContainText("nowhere is not defined");
  await expect(triggers.cell("shop.stamp", "Failed")).toHaveText("1");
  await page.getByRole("button", { name: "Close the library" }).click();
  await expect(triggers.source).toHaveCount(0);
  await page.getByRole("button", { name: "Show line 3 of shop" }).click();
  await expect(triggers.marked).toContainText("nowhere.at.all();");
  await expect(triggers.marked).toContainText("nowhere is not defined");
});

test("a source that does not load says why at its line, and changes nothing", async ({
  page,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  await triggers.loadNew(SOURCE);
  await triggers.source.fill(`${SOURCE}\nlet a = ;\n`);
  await page.getByRole("button", { name: "Replace shop" }).click();
  await expect(page.getByRole("alert")).toContainText("ine 7");
  await expect(triggers.marked).toContainText("let a = ;");
  await expect(triggers.source).toHaveAttribute("aria-invalid", "true");
  await expect(triggers.row("shop.stamp")).toBeVisible();
  await page.getByRole("button", { name: "Discard changes" }).click();
  await expect(triggers.source).toHaveValue(SOURCE);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("what would be gone without having been seen is asked about first", async ({
  page,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  await triggers.loadNew(SOURCE);
  await page.getByRole("button", { name: "New library" }).click();
  await triggers.source.fill(SOURCE.replace("counts users", "counts again"));
  await page.getByRole("button", { name: "Replace shop" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("which is loaded already");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await page.getByRole("button", { name: "shop", exact: true }).click();
  await expect(triggers.source).toHaveValue(SOURCE);

  await page.getByRole("button", { name: "Delete…" }).click();
  await expect(dialog.getByRole("button", { name: "Keep it" })).toBeFocused();
  await dialog.getByRole("button", { name: "Delete shop" }).click();
  await expect(page.getByText("Deleted shop.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "No library is loaded yet" })).toBeVisible();
});

test("functions are called with keys and arguments, and say what went wrong", async ({
  page,
  redis,
  dashboard,
}) => {
  await redis.client.set("name", "Ada");
  const triggers = await TriggersPage.open(dashboard);
  await triggers.loadNew(SOURCE);
  await page.getByRole("button", { name: "Call greet of shop" }).click();
  const form = page.getByRole("form", { name: "Call a function" });
  await expect(form.getByRole("textbox", { name: /^Keys/ })).toBeFocused();
  await page.keyboard.type("name");
  await form.getByRole("textbox", { name: /^Arguments/ }).fill("hello");
  await form.getByRole("button", { name: "Call" }).click();
  await expect(form.getByRole("status")).toHaveText('"hello Ada"');
  await redis.client.del("name");
  await redis.client.lpush("name", "x");
  await form.getByRole("button", { name: "Call" }).click();
  await expect(form.getByRole("status")).toContainText("WRONGTYPE");
});

test("names and errors that libraries choose are text and nothing else", async ({
  redis,
  dashboard,
}) => {
  const triggers = await TriggersPage.open(dashboard);
  const hostile = "<img src=x onerror=alert(1)>";
  await triggers.loadNew(`#!js api_version=1.0 name=hostile
redis.registerKeySpaceTrigger("t", ${JSON.stringify(hostile)}, () => {
  throw new Error(${JSON.stringify(`${hostile}\u202e\u0007`)});
}, { description: ${JSON.stringify(hostile)} });
`);
  await redis.client.set(`${hostile}1`, "x");
  await expect(triggers.lastErrors).toContainText(`${hostile}\\u{202e}\\x07`);
  await expect(triggers.row("hostile.t")).toContainText(hostile);
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
    const triggers = await TriggersPage.open(dashboard);
    const long = "wide".repeat(40);
    await triggers.loadNew(`#!js api_version=1.0 name=${long}
redis.registerKeySpaceTrigger("${long}", "${long}", () => { throw new Error("${long}"); });
`);
    await redis.client.set(long, "x");
    await expect(triggers.lastErrors).toBeVisible();
    await page.getByRole("button", { name: /^Show line 2 of/ }).click();
    await expect(triggers.source).toBeInViewport();
    const { content, window, scrolled } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: document.documentElement.clientWidth,
      scrolled: document.documentElement.scrollTop,
    }));
    expect(content).toBeLessThanOrEqual(window);
    expect(scrolled).toBe(0);
  });
});
