import { describe, expect, it } from "vitest";
import { lineIn, readLibraries } from "./state.js";

const TRIGGER = {
  ...{ name: "stamp", description: "notes it", prefix: "user:", events: ["hset"] },
  ...{ num_triggered: 5, num_finished: 4, num_success: 3, num_failed: 1 },
  last_error: "Error: no (line 3)",
  ...{ last_execution_time: 0.5, total_execution_time: 8, avg_execution_time: 2 },
};

describe("readLibraries", () => {
  it("reads what the gateway tells of a library and its triggers", () => {
    const [shop] = readLibraries([
      {
        ...{ name: "shop", api_version: "1.0", user: "default", pending_jobs: 2 },
        functions: [{ name: "total", description: null, flags: ["no-writes"], is_async: true }],
        cluster_functions: ["part"],
        keyspace_triggers: [TRIGGER],
        missed: { events: 3, stretches: 1, last: { reason: "source" } },
      },
    ]);
    expect(shop).toMatchObject({
      ...{ name: "shop", pending: 2, clusterFunctions: ["part"], problem: null },
      functions: [{ name: "total", flags: ["no-writes"], isAsync: true }],
      missed: { events: 3, stretches: 1, reason: "source" },
    });
    expect(shop?.triggers).toEqual([
      {
        ...{ library: "shop", name: "stamp", kind: "key", description: "notes it" },
        ...{ prefix: { key: "user:" }, of: ["hset"] },
        ...{ triggered: 5, finished: 4, success: 3, failed: 1, lastError: "Error: no (line 3)" },
        ...{ lastTime: 0.5, totalTime: 8, averageTime: 2, lag: null },
      },
    ]);
  });

  it("adds up the streams of a stream trigger; the last is that of the newest record", () => {
    const stream = (name: string | null, id: string, processed: number, time: number) => ({
      ...{ name, id_to_read_from: id, last_error: null, last_lag: processed },
      ...{ last_processed_time: time, total_processed_time: time * processed },
      ...{ total_record_processed: processed, pending_ids: ["9-0"] },
    });
    const streams = [stream("s:1", "20-0", 3, 2), stream(null, "100-0", 1, 6)];
    const [shop] = readLibraries([
      {
        name: "shop",
        stream_triggers: [{ name: "mail", prefix: null, prefix_raw: "/w==", streams }],
      },
    ]);
    expect(shop?.triggers).toMatchObject([
      {
        ...{ kind: "stream", prefix: { key: null, key_raw: "/w==" }, of: ["s:1", "(binary)"] },
        ...{ triggered: 6, finished: 4, success: null, failed: null },
        ...{ totalTime: 12, averageTime: 3, lastTime: 6, lag: 3 },
      },
    ]);
  });

  it("tells why a library does not run, with its line where there is one", () => {
    const [one, other] = readLibraries([
      {
        name: "a",
        problem: { message: "line 3: no", line: 3 },
        keyspace_triggers: [{ name: "t" }],
      },
      { name: "b", problem: { message: "no", line: null } },
    ]);
    expect(one?.problem).toEqual({ message: "line 3: no", line: 3 });
    expect(one?.triggers[0]?.prefix).toBeUndefined();
    expect(other?.problem).toEqual({ message: "no", line: null });
  });

  it("takes what is left out for empty", () => {
    expect(readLibraries([{}])).toMatchObject([
      { name: "", functions: [], triggers: [], pending: 0 },
    ]);
  });

  it.each([null, {}, "html"])("refuses %j, which is no list", (answer) => {
    expect(() => readLibraries(answer)).toThrow(/not a list of libraries/);
  });
});

it.each([
  ["TypeError: no (line 12)", 12],
  ["Error: line 3 of the file is empty (line 7)", 7],
  ["line 4: SyntaxError: expecting ','", 4],
  ["Error: no", null],
])("%s is about line %j", (error, line) => {
  expect(lineIn(error)).toBe(line);
});
