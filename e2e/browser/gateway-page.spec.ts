import { connect } from "@keywire/client";
import { WebSocket } from "ws";
import { hold, mintToken, waitFor } from "../support/index.js";
import { expect, test } from "./fixtures.js";

/** A client that watches a channel until it is closed. */
async function watcher(url: string, channel: string, events?: string[]) {
  const wire = connect(url, { token: () => mintToken({ sub: "watcher" }), WebSocket });
  const subscription = wire.subscribe(channel, events && { events });
  hold(() => wire.close());
  await waitFor(() => subscription.state === "live", { what: `${channel} to be live` });
  return wire;
}

test("the gateway page shows nodes, sessions, and feeds with their refcounts as they change", async ({
  page,
  gateway,
  redis,
  dashboard,
}) => {
  const wires = [];
  for (let client = 0; client < 3; client++) {
    wires.push(await watcher(gateway.wsUrl, "prefix:order:"));
  }
  await dashboard.open("prefix:order:");
  await page.getByRole("link", { name: "Gateway" }).click();

  const feeds = page.getByRole("region", { name: /^Upstream subscriptions/ });
  const feed = feeds.getByRole("row").filter({ hasText: "__keyspace@0__:order:*" });
  await expect(feed).toContainText("PSUBSCRIBE");
  await expect(feed.getByRole("cell").last()).toHaveText("4");
  const nodes = page.getByRole("region", { name: /^Nodes/ });
  await expect(nodes.getByRole("row").filter({ hasText: String(redis.node.port) })).toContainText(
    "ready",
  );
  const sessions = page.getByRole("region", { name: /^Sessions/ });
  await expect(sessions.getByRole("row").filter({ hasText: "watcher" })).toHaveCount(3);
  const channels = page.getByRole("region", { name: /^Channels/ });
  await expect(channels.getByRole("row").filter({ hasText: "prefix:order:" })).toContainText("4");

  for (const wire of wires) wire.close();
  await expect(feed.getByRole("cell").last()).toHaveText("1");
  await expect(sessions.getByRole("row").filter({ hasText: "watcher" })).toHaveCount(0);
});

test("the gateway page stays readable whatever names clients make up", async ({
  page,
  gateway,
  dashboard,
}) => {
  await watcher(gateway.wsUrl, `key:${"long".repeat(10_000)}`, ["\u202ekcart"]);
  await dashboard.open();
  await page.getByRole("link", { name: "Gateway" }).click();
  const row = page
    .getByRole("region", { name: /^Channels/ })
    .getByRole("row")
    .filter({ hasText: "key:long" });
  await expect(row).toContainText("\\u{202e}kcart");
  expect((await row.boundingBox())?.height).toBeLessThan(200);
});

test("without an admin's token the gateway page says what it takes", async ({
  page,
  dashboard,
}) => {
  await dashboard.openWith(await mintToken());
  await expect(dashboard.connection).toHaveText("Connected");
  await page.getByRole("link", { name: "Gateway" }).click();
  await expect(page.getByRole("alert")).toContainText("Sign in with a token that says admin");
});
