import { writeFile } from "node:fs/promises";
import type { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Gateway,
  releaseAll,
  startGateway,
  startRedis,
  tempFolder,
  waitFor,
} from "../support/index.js";
import { Libraries, library } from "./admin.js";

afterEach(releaseAll);

/** Notes each event under its key: what happened twice is seen. */
const NOTES = library(
  "notes",
  `redis.registerKeySpaceTrigger("note", "event:", (client, data) => {
     client.call("incr", "done:" + data.key);
   }, { events: ["set"] });`,
);

const EVENTS = 10_000;

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await fetch(`${gateway.url}/metrics`).then((response) => response.text());
  const lines = text.split("\n").filter((line) => line.startsWith(`keywire_${name}`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** What stands in Redis of all pages of statistics: a gateway's end cannot take that away. */
async function counted(client: Redis): Promise<number> {
  const [key = ""] = await client.keys("{keywire}:statistics:*");
  const pages = Object.values(await client.hgetall(key)).map((text) => JSON.parse(text));
  const triggers = pages.flatMap((page) => Object.values(page.triggers)) as { success: number }[];
  return triggers.reduce((sum, { success }) => sum + success, 0);
}

describe("two gateways", () => {
  it("have the same libraries as soon as one has loaded them, and share the work", async () => {
    const redis = await startRedis();
    const [one, other] = [
      await startGateway({ redis: redis.url }),
      await startGateway({ redis: redis.url }),
    ];
    await new Libraries(one).load(NOTES);
    expect(await new Libraries(other).list("notes", 0)).toMatchObject({
      keyspace_triggers: ["note"],
    });
    for (let key = 0; key < 500; key++) await redis.client.set(`event:${key}`, "x");
    for (const gateway of [one, other]) {
      expect(await new Libraries(gateway).finished("notes.note", 500)).toMatchObject({
        num_triggered: 500,
        num_success: 500,
      });
    }
    for (let key = 0; key < 500; key++)
      expect(await redis.client.get(`done:event:${key}`)).toBe("1");
  });

  it("of 10,000 events, the holder of half of them killed in the middle, none is lost, and none happens twice but those that are reported", async () => {
    const redis = await startRedis();
    const [victim, survivor] = [
      await startGateway({ redis: redis.url }),
      await startGateway({ redis: redis.url }),
    ];
    const libraries = new Libraries(survivor);
    await libraries.load(NOTES);
    // Both hold some of it, before it begins.
    let warm = 0;
    await waitFor(
      async () => {
        await redis.client.set(`event:warm:${warm++}`, "x");
        const worked = [victim, survivor].map((one) => metric(one, "trigger_callbacks_succeeded"));
        return (await Promise.all(worked)).every((count) => count > 0);
      },
      { what: "both to work", deadline: 30_000 },
    );
    for (let key = 0; key < EVENTS; key++) {
      const writing = redis.client.set(`event:${key}`, "x");
      if (key % 50 === 0) await writing;
      if (key === EVENTS / 2) await victim.kill();
    }
    await waitFor(
      async () => {
        const keys = Array.from({ length: EVENTS }, (_, key) => `done:event:${key}`);
        const counts = await redis.client.mget(keys);
        const missing = counts.filter((count) => count === null).length;
        if (missing > 0) throw new Error(`${missing} are missing`);
        return true;
      },
      { what: "every event's effect", deadline: 60_000 },
    );
    const keys = Array.from({ length: EVENTS }, (_, key) => `done:event:${key}`);
    const counts = (await redis.client.mget(keys)).map(Number);
    const repeated = counts.filter((count) => count > 1).length;
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
    const reported = await metric(survivor, "work_repeated_total");
    expect(repeated).toBeLessThanOrEqual(reported);
    // What the victim had counted is in the sum: an event is counted, or it is run again.
    const trigger = await libraries.finished("notes.note", EVENTS + warm);
    expect(Number(trigger["num_success"])).toBeGreaterThanOrEqual(EVENTS + warm);
    expect(Number(trigger["num_success"])).toBeLessThanOrEqual(EVENTS + warm + reported);
    expect(trigger).toMatchObject({ num_failed: 0 });
    expect((await libraries.list("notes"))["missed"]).toMatchObject({ events: 0 });
  }, 180_000);
});

describe("a gateway", () => {
  it("that is restarted has lost no library and no statistics", async () => {
    const redis = await startRedis();
    const gateway = await startGateway({ redis: redis.url });
    const libraries = new Libraries(gateway);
    await libraries.load(NOTES, `?config=${encodeURIComponent('{"a":1}')}`);
    await redis.client.set("event:1", "x");
    await libraries.finished("notes.note", 1);
    await gateway.restart();
    await waitFor(async () => (await libraries.ask("GET", "/notes")).status === 200, {
      what: "the library to be back",
    });
    expect(await libraries.list("notes")).toMatchObject({ configuration: { a: 1 } });
    expect(await libraries.trigger("notes.note")).toMatchObject({
      num_triggered: 1,
      num_success: 1,
    });
    await redis.client.set("event:1", "x");
    expect(await libraries.finished("notes.note", 2)).toMatchObject({ num_success: 2 });
  });

  it("that was killed leaves what it counted, and its successor tells that nobody listened meanwhile", async () => {
    const redis = await startRedis();
    const gateway = await startGateway({ redis: redis.url });
    await new Libraries(gateway).load(NOTES);
    for (let key = 0; key < 10; key++) await redis.client.set(`event:${key}`, "x");
    await waitFor(async () => (await counted(redis.client)) === 10, { what: "it to be counted" });
    await gateway.kill();
    await redis.client.set("event:unheard", "x");
    const next = await startGateway({ redis: redis.url });
    const libraries = new Libraries(next);
    const trigger = await libraries.finished("notes.note", 10);
    expect(Number(trigger["num_success"])).toBeGreaterThanOrEqual(10);
    await waitFor(
      async () => {
        const missed = (await libraries.list("notes"))["missed"] as { stretches: number };
        return missed.stretches > 0;
      },
      { what: "the stretch to be told", deadline: 20_000 },
    );
  });

  it("loads the files it is given, replaces what differs, and says which one is wrong", async () => {
    const redis = await startRedis();
    const { path } = await tempFolder("libraries");
    const file = `${path}/notes.js`;
    await writeFile(file, NOTES);
    const env = { KEYWIRE_LIBRARIES: file };
    const gateway = await startGateway({ redis: redis.url, env });
    const libraries = new Libraries(gateway);
    await redis.client.set("event:1", "x");
    await libraries.finished("notes.note", 1);
    await writeFile(file, NOTES.replace("event:", "changed:"));
    await gateway.restart();
    expect(await libraries.trigger("notes.note")).toMatchObject({
      prefix: "changed:",
      num_triggered: 1,
    });
    await gateway.stop();
    await writeFile(file, `${NOTES}\nnull.x;`);
    await expect(startGateway({ redis: redis.url, env })).rejects.toThrow(
      /notes\.js cannot be loaded: .*line 5/s,
    );
  });

  it("starts while Redis is away, and loads its files when Redis comes", async () => {
    const redis = await startRedis();
    const { path } = await tempFolder("libraries");
    await writeFile(`${path}/notes.js`, NOTES);
    await redis.node.kill();
    const gateway = await startGateway({
      redis: redis.url,
      env: { KEYWIRE_LIBRARIES: `${path}/notes.js` },
    });
    const libraries = new Libraries(gateway);
    expect((await libraries.ask("POST", "", NOTES)).status).toBe(503);
    await redis.node.restart();
    await waitFor(async () => (await libraries.ask("GET", "/notes")).status === 200, {
      what: "the library",
      deadline: 30_000,
    });
    await waitFor(
      async () => {
        await redis.client.set("event:1", "x");
        return (await redis.client.get("done:event:1")) !== null;
      },
      { what: "the trigger to fire", deadline: 30_000 },
    );
  });

  it("puts its libraries back after FLUSHALL", async () => {
    const redis = await startRedis();
    const gateway = await startGateway({ redis: redis.url });
    const libraries = new Libraries(gateway);
    await libraries.load(NOTES);
    await redis.client.flushall();
    await waitFor(() => redis.client.exists("{keywire}:libraries"), {
      what: "the libraries",
      deadline: 20_000,
    });
    await waitFor(
      async () => {
        await redis.client.set("event:1", "x");
        return (await redis.client.get("done:event:1")) !== null;
      },
      { what: "the trigger to fire", deadline: 20_000 },
    );
  });
});
