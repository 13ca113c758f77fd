import { startBlockingProxy } from "./blocked.js";
import { DashboardPage } from "./dashboard-page.js";
import { expect, test } from "./fixtures.js";

test("where WebSocket is blocked, the page works over Server-Sent Events", async ({
  page,
  redis,
  gateway,
}) => {
  const proxy = await startBlockingProxy(gateway.url);
  const streams: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/v1/sse") streams.push(request.url());
  });
  const dashboard = new DashboardPage(page, proxy.url);
  await dashboard.open("prefix:order:");
  await expect(dashboard.connection).toHaveText("Connected", { timeout: 20_000 });
  expect(proxy.upgrades).toBeGreaterThan(0);

  await redis.client.set("order:1", "over SSE");
  await expect(dashboard.row("order:1")).toBeVisible();
  expect(streams).not.toHaveLength(0);
});
