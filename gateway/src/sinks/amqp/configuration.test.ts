import { VirtualClock } from "@keywire/shared/testing";
import { expect, it } from "vitest";
import { Configuration, type ConfigurationStore, type Overrides } from "./configuration.js";
import type { ForwarderSettings } from "./ports.js";
import { SETTINGS } from "./testing/story.js";

class FakeStore implements ConfigurationStore {
  version = 0;
  text: string | undefined;

  async load() {
    return { version: this.version, text: this.text };
  }

  async save(version: number, text: string) {
    if (version !== this.version) return false;
    this.version++;
    this.text = text;
    return true;
  }

  async listen() {}

  close() {}

  /** As FLUSHALL and eviction do. */
  lose() {
    this.version = 0;
    this.text = undefined;
  }
}

function gateway(store: ConfigurationStore, clock: VirtualClock) {
  const told: [masks: readonly string[], wish: Overrides["wish"]][] = [];
  const said: string[] = [];
  const configuration = new Configuration({
    store,
    clock,
    read: (settings) => ({ ...SETTINGS, masks: [], ...settings }) as ForwarderSettings,
    changed: ({ masks }, wish) => told.push([masks, wish]),
    restored: () => said.push("restored"),
    failed: (error) => said.push(String(error)),
  });
  return { configuration, told, said };
}

it("what Redis loses is put back by one of those who know it, lest nothing is forwarded any more", async () => {
  const clock = new VirtualClock();
  const store = new FakeStore();
  const [a, b] = [gateway(store, clock), gateway(store, clock)];
  await Promise.all([a.configuration.start(), b.configuration.start()]);
  await a.configuration.set({ masks: ["^order:"] });
  await a.configuration.setWish("disconnected");
  await clock.advance(6_000);
  store.lose();
  await clock.advance(12_000);
  expect(JSON.parse(store.text ?? "{}")).toEqual({
    settings: { masks: ["^order:"] },
    wish: "disconnected",
  });
  for (const { told } of [a, b]) expect(told.at(-1)).toEqual([["^order:"], "disconnected"]);
  for (const { told } of [a, b]) expect(told.slice(-2)).not.toContainEqual([[], "connected"]);
  expect([...a.said, ...b.said]).toEqual(["restored"]);

  store.lose();
  await b.configuration.set({ routingKey: "orders" });
  expect(JSON.parse(store.text ?? "{}")).toMatchObject({
    settings: { masks: ["^order:"], routingKey: "orders" },
    wish: "disconnected",
  });
  a.configuration.close();
  b.configuration.close();
});
