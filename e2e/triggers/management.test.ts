import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Gateway,
  mintToken,
  releaseAll,
  type StandaloneRedis,
  startGateway,
  startRedis,
  waitFor,
} from "../support/index.js";
import { Libraries, library } from "./admin.js";

let redis: StandaloneRedis;
let gateway: Gateway;
let libraries: Libraries;

beforeAll(async () => {
  redis = await startRedis();
  gateway = await startGateway({ redis: redis.url });
  libraries = new Libraries(gateway);
});

afterAll(releaseAll);

const counter = (name: string, key: string, prefix = "c:") =>
  library(
    name,
    `redis.registerKeySpaceTrigger("consumer", ${JSON.stringify(prefix)}, (client) => {
       client.call("incr", ${JSON.stringify(key)});
     }, { description: "counts" });`,
  );

describe("loading over HTTP", () => {
  it("answers with the name; the same name again is refused, replace swaps it", async () => {
    const loaded = await libraries.ask("POST", "", counter("one", "n"));
    expect(loaded).toEqual({ status: 201, body: { name: "one", replaced: false } });
    const taken = await libraries.ask("POST", "", counter("one", "n"));
    expect(taken.status).toBe(409);
    expect(taken.body.error).toMatchObject({ code: "bad_request" });
    expect(taken.body.error.message).toContain("one is loaded already");
    await redis.client.set("c:1", "x");
    await libraries.finished("one.consumer", 1);
    const replaced = await libraries.ask("POST", "?replace=true", counter("one", "m", "d:"));
    expect(replaced).toEqual({ status: 200, body: { name: "one", replaced: true } });
    await redis.client.set("c:1", "x");
    await redis.client.set("d:1", "x");
    const trigger = await libraries.finished("one.consumer", 2);
    expect(trigger).toMatchObject({
      prefix: "d:",
      num_triggered: 2,
      num_success: 2,
      num_failed: 0,
    });
    expect([await redis.client.get("n"), await redis.client.get("m")]).toEqual(["1", "1"]);
  });

  it.each([
    ["no prologue", "redis.registerFunction('f', () => 1);", 1],
    ["an unknown key", "#!js api_version=1.0 name=bad color=red\n", 1],
    ["a syntax error", library("bad", "const a = 1;\nconst = 2;"), 3],
    ["an error while it loads", library("bad", "\nnull.x;"), 3],
    ["a callback that is none", library("bad", 'redis.registerKeySpaceTrigger("t", "p:", 7);'), 2],
    [
      "a name twice",
      library(
        "bad",
        'redis.registerFunction("f", () => 1);\nredis.registerFunction("f", () => 1);',
      ),
      3,
    ],
    ["nothing registered", library("bad", "1 + 1;"), undefined],
  ])("refuses %s, naming the line", async (_, source, line) => {
    const { status, body } = await libraries.ask("POST", "", source);
    expect(status).toBe(400);
    expect(body.error.code).toBe("bad_request");
    expect(body.error.line).toBe(line);
    if (line !== undefined) expect(body.error.message).toContain(`line ${line}`);
    expect((await libraries.ask("GET", "/bad")).status).toBe(404);
  });

  it("a replacement that fails changes nothing", async () => {
    await libraries.load(counter("kept", "kept", "k:"));
    await redis.client.set("k:1", "x");
    await libraries.finished("kept.consumer", 1);
    const broken = await libraries.ask(
      "POST",
      "?replace=true",
      library("kept", "throw new Error('no');"),
    );
    expect(broken.status).toBe(400);
    await redis.client.set("k:1", "x");
    const trigger = await libraries.finished("kept.consumer", 2);
    expect(trigger).toMatchObject({ num_triggered: 2, prefix: "k:", description: "counts" });
    const [listed] = (await libraries.ask("GET", "/kept?withcode=true")).body;
    expect(listed.code).toBe(counter("kept", "kept", "k:"));
  });

  it("takes a configuration, which has to be a JSON object", async () => {
    // As some editors save it, with a mark of its encoding in front.
    const source = `\ufeff${library(
      "configured",
      'redis.registerFunction("limit", () => redis.config.limit);',
    )}`;
    await libraries.load(source, `?config=${encodeURIComponent('{"limit":42}')}`);
    expect(await libraries.call("configured.limit")).toBe(42);
    expect((await libraries.list("configured"))["configuration"]).toEqual({ limit: 42 });
    for (const config of ["[1]", "7", "{"]) {
      const { status, body } = await libraries.ask(
        "POST",
        `?replace=true&config=${encodeURIComponent(config)}`,
        source,
      );
      expect(status, config).toBe(400);
      expect(body.error.message).toContain("JSON object");
    }
  });

  it("bounds the body", async () => {
    const { status } = await libraries.ask(
      "POST",
      "",
      library("big", `//${"x".repeat(1_100_000)}`),
    );
    expect(status).toBe(413);
  });

  it("is for admins alone", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["POST", ""],
      ["DELETE", "/one"],
      ["POST", "/one/call/f"],
    ] as const) {
      const body = method === "POST" ? "{}" : undefined;
      const { status } = await libraries.ask(method, path, body, await mintToken());
      expect(status, `${method} ${path}`).toBe(403);
    }
  });
});

describe("listing", () => {
  it("tells names at level 0, and everything under the original's names above", async () => {
    await libraries.load(
      library(
        "listed",
        `redis.registerFunction("f", () => 1, { description: "one", flags: ["no-writes"] });
         redis.registerAsyncFunction("g", async () => 1);
         redis.registerKeySpaceTrigger("t", "listed:", () => { throw new Error("always"); });
         redis.registerStreamTrigger("s", "stream:", () => {}, { window: 3, isStreamTrimmed: true });`,
      ),
    );
    const [brief] = (await libraries.ask("GET", "/listed")).body;
    expect(brief).toEqual({
      name: "listed",
      engine: "js",
      api_version: "1.0",
      user: "default",
      configuration: {},
      functions: ["f", "g"],
      cluster_functions: [],
      keyspace_triggers: ["t"],
      stream_triggers: ["s"],
      pending_jobs: 0,
      pending_async_calls: 0,
    });
    await redis.client.set("listed:1", "x");
    await libraries.finished("listed.t", 1);
    const full = await libraries.list("listed", 1);
    expect(full["functions"]).toEqual([
      { name: "f", description: "one", flags: ["no-writes"], is_async: false },
      { name: "g", description: null, flags: [], is_async: true },
    ]);
    expect(full["keyspace_triggers"]).toEqual([
      expect.objectContaining({
        name: "t",
        prefix: "listed:",
        num_triggered: 1,
        num_finished: 1,
        num_success: 0,
        num_failed: 1,
        last_error: expect.stringMatching(/always.*line 4/),
        last_execution_time: expect.any(Number),
        total_execution_time: expect.any(Number),
        avg_execution_time: expect.any(Number),
      }),
    ]);
    expect(full["stream_triggers"]).toEqual([
      { name: "s", description: null, prefix: "stream:", window: 3, trim: true },
    ]);
    for (const verbosity of [2, 3]) {
      await redis.client.xadd("stream:1", "*", "a", "b");
      const streams = await waitFor(
        async () => {
          const [trigger] = (await libraries.list("listed", verbosity))["stream_triggers"] as {
            streams: Record<string, unknown>[];
          }[];
          return trigger?.streams.find(
            (one) => Number(one["total_record_processed"]) >= verbosity - 1,
          );
        },
        { what: "the record" },
      );
      expect(streams).toEqual({
        name: "stream:1",
        db: 0,
        id_to_read_from: expect.stringMatching(/^\d+-\d+$/),
        last_error: null,
        last_lag: expect.any(Number),
        total_lag: expect.any(Number),
        last_processed_time: expect.any(Number),
        total_processed_time: expect.any(Number),
        total_record_processed: verbosity - 1,
        pending_ids: [],
      });
    }
    expect((await libraries.ask("GET", "/listed?verbosity=4")).status).toBe(400);
  });

  it("publishes metrics", async () => {
    const text = await fetch(`${gateway.url}/metrics`).then((response) => response.text());
    expect(text).toMatch(/^keywire_trigger_callbacks_failed_total\{library="listed"\} 1$/m);
    expect(text).toMatch(/^keywire_trigger_queue\{library="listed"\} 0$/m);
    expect(text).toMatch(/^keywire_libraries\{state="broken"\} 0$/m);
  });
});

describe("deleting", () => {
  it("ends the triggers and forgets what was counted; what is not there is told", async () => {
    await libraries.load(counter("brief", "brief", "b:"));
    await redis.client.set("b:1", "x");
    await libraries.finished("brief.consumer", 1);
    expect(await libraries.ask("DELETE", "/brief")).toEqual({
      status: 200,
      body: { deleted: "brief" },
    });
    expect((await libraries.ask("DELETE", "/brief")).status).toBe(404);
    await redis.client.set("b:1", "x");
    await libraries.load(counter("brief", "brief", "b:"));
    expect(await libraries.trigger("brief.consumer")).toMatchObject({ num_triggered: 0 });
    expect(await redis.client.get("brief")).toBe("1");
    const keys = await redis.client.keys("{keywire}:statistics:*");
    expect(keys.length).toBeLessThan(20);
  });
});
