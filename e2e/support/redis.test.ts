import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { tempFolder } from "./folder.js";
import { startRedis } from "./redis.js";
import { disconnected } from "./redis-node.js";
import { waitFor } from "./wait.js";

it("starts servers side by side, each empty, with the arguments it was given", async () => {
  const args = ["--notify-keyspace-events", "KEA"];
  const [one, two] = await Promise.all([startRedis({ args }), startRedis()]);
  await one.client.set("a", "1");
  expect(one.url).toBe(`redis://127.0.0.1:${one.node.port}/0`);
  expect(await two.client.dbsize()).toBe(0);
  expect(await one.client.config("GET", "notify-keyspace-events")).toContain("AKE");
  expect(await one.client.config("GET", "save")).toContain("");
});

it("kills and restarts a node on its port", async () => {
  const { node, client } = await startRedis();
  const first = node.pid;
  await client.set("a", "1");
  await node.kill();
  await disconnected(node);
  expect(node.state).toBe("down");
  await expect(client.get("a")).rejects.toThrow();
  await node.restart();
  expect(node.pid).not.toBe(first);
  expect(await client.get("a")).toBe(null);
});

it("keeps what a folder and persistence were asked to keep", async () => {
  const folder = await tempFolder("kept");
  const args = ["--appendonly", "yes", "--appendfsync", "always"];
  const { node, client } = await startRedis({ args, dir: folder.path });
  await client.set("a", "1");
  await node.restart();
  expect(await client.get("a")).toBe("1");
});

it("pauses a node, which then answers nothing and closes nothing", async () => {
  const { node, client } = await startRedis();
  node.pause();
  expect(node.state).toBe("paused");
  const answer = client.ping();
  await expect(waitFor(() => answer, { what: "an answer", deadline: 200 })).rejects.toThrow();
  expect(client.status).toBe("ready");
  node.resume();
  expect(await answer).toBe("PONG");
});

it("leaves nothing behind", async () => {
  const { node, stop } = await startRedis();
  const { pid, dir } = node;
  node.pause();
  await stop();
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(existsSync(dir)).toBe(false);
});
