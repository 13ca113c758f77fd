import { sharing, startForwarding } from "../amqp/gateway.js";
import { bindQueue } from "../amqp/queue.js";
import { startRabbitMq } from "../support/index.js";
import { DashboardPage } from "./dashboard-page.js";
import { expect, test } from "./fixtures.js";

test("the AMQP page shows what is forwarded, disconnects and connects", async ({ page, redis }) => {
  test.setTimeout(180_000);
  const broker = await startRabbitMq();
  await bindQueue(broker, "page");
  const gateway = await startForwarding(redis.url, broker, "page");
  await sharing([gateway]);
  const dashboard = new DashboardPage(page, gateway.url);
  await dashboard.open("prefix:order:");
  await page.getByRole("link", { name: "AMQP" }).click();
  const row = page
    .getByRole("region", { name: /^Gateways/ })
    .getByRole("row")
    .nth(1);
  await expect(row).toContainText("idle");

  for (let key = 0; key < 20; key++) await redis.client.set(`order:${key}`, "1");
  await expect(row).toContainText("connected");
  await expect(row.getByRole("cell", { name: "20", exact: true }).first()).toBeVisible();

  await page.getByRole("button", { name: "Disconnect" }).click();
  await expect(row).toContainText("disconnected");
  for (let key = 0; key < 7; key++) await redis.client.set(`order:${key}`, "2");
  const summary = page.getByRole("region", { name: "Summary" });
  await expect(summary).toContainText("7in the fallback");
  await expect(page.getByRole("region", { name: "Configuration" })).toContainText("^order:");
  for (const [name, scheme, width] of SHOTS) {
    if (process.env["AMQP_SHOTS"] === undefined) break;
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${process.env["AMQP_SHOTS"]}/${name}.png` });
  }
  await page.setViewportSize({ width: 1_280, height: 900 });

  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(summary).toContainText("0in the fallback");
  await expect(row.getByRole("cell", { name: "27", exact: true }).first()).toBeVisible();
  await gateway.stop();
});

const SHOTS = [
  ["light", "light", 1_280],
  ["dark", "dark", 1_280],
  ["narrow", "light", 390],
] as const;

test("without a broker the AMQP page says that nothing is forwarded", async ({
  page,
  dashboard,
}) => {
  await dashboard.open();
  await page.getByRole("link", { name: "AMQP" }).click();
  await expect(page.getByRole("main")).toContainText("KEYWIRE_AMQP_URL names no broker");
});
