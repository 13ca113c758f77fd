import { expect, test } from "./fixtures.js";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("pausing holds the list and counts what waits; resuming shows it", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await redis.client.set("k:1", "x");
  await expect(dashboard.row("k:1")).toBeVisible();

  await page.getByRole("button", { name: "Pause" }).click();
  for (let key = 2; key <= 4; key++) await redis.client.set(`k:${key}`, "x");
  const resume = page.getByRole("button", { name: "Resume 3 waiting" });
  await expect(resume).toBeVisible();
  expect(await dashboard.keys()).toEqual(["k:1"]);

  await resume.click();
  await expect(dashboard.rows).toHaveCount(4);
  expect(await dashboard.keys()).toEqual(["k:4", "k:3", "k:2", "k:1"]);
});

test("clearing empties the list, and only what has been seen", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await redis.client.set("k:1", "x");
  await expect(dashboard.rows).toHaveCount(1);
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(dashboard.rows).toHaveCount(0);
  await dashboard.expectReceived(0);
  await redis.client.set("k:2", "x");
  await expect(dashboard.rows).toHaveCount(1);
});

test("copying gives the rows shown as NDJSON, the messages as they came", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  await redis.client.set("k:1", "x");
  await redis.client.set("k:line\nbreak", "x");
  await redis.client.del("k:1");
  await dashboard.expectReceived(3);
  await page.getByRole("button", { name: "set 2", exact: true }).click();
  await page.getByRole("button", { name: /Copy NDJSON/ }).click();
  await expect(page.getByText("Copied 2 rows as NDJSON, oldest first.")).toBeVisible();

  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const lines = copied
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { type: "event", channel: "prefix:k:", event: "set", key: "k:1", db: 0 },
    { type: "event", channel: "prefix:k:", event: "set", key: "k:line\nbreak", db: 0 },
  ]);
  expect(lines[1].offset - lines[0].offset).toBe(1);
});

test("filter chips come up with the events, count them, and narrow the list", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:k:");
  for (let key = 1; key <= 3; key++) await redis.client.set(`k:${key}`, "x");
  await redis.client.del("k:1");
  await redis.client.expire("k:2", 1_000);
  const chip = (name: string) => page.getByRole("button", { name, exact: true });
  await expect(chip("set 3")).toBeVisible();
  await chip("del 1").click();
  await chip("expire 1").click();
  expect(await dashboard.keys()).toEqual(["k:2", "k:1"]);
  await expect(page.getByText("2 shown of 5 rows kept")).toBeVisible();
  await chip("All events").click();
  await expect(dashboard.rows).toHaveCount(5);
});

test("a channel that is none is told beneath the box, with what was probably meant", async ({
  page,
  redis,
  dashboard,
}) => {
  await dashboard.open("prefix:other:");
  await dashboard.channelBox.fill("order:*");
  await dashboard.channelBox.press("Enter");
  await expect(page.getByRole("alert")).toContainText("is not kind[@db]:rest");
  await page.getByRole("alert").getByRole("button", { name: "prefix:order:" }).click();
  await dashboard.expectWatching("prefix:order:");
  await redis.client.set("order:9", "x");
  await expect(dashboard.row("order:9")).toBeVisible();

  await page.getByRole("button", { name: "Stop watching prefix:order:" }).click();
  await redis.client.set("order:10", "x");
  await redis.client.set("other:1", "x");
  await expect(dashboard.row("other:1")).toBeVisible();
  await expect(dashboard.row("order:10")).toHaveCount(0);
});
