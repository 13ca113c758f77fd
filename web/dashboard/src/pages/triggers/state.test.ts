import { describe, expect, it } from "vitest";
import { lineIn, readLibraries } from "./state.js";

describe("readLibraries", () => {
  it("reads what the gateway lists, and makes do where a field is missing", () => {
    const [library] = readLibraries([
      {
        name: "shop",
        functions: [{ name: "f", is_async: true }],
        keyspace_triggers: [
          {
            name: "t",
            prefix: "user:",
            num_triggered: 3,
            num_failed: 1,
            last_error: "no (line 2)",
          },
        ],
        stream_triggers: [
          {
            name: "s",
            window: 2,
            trim: true,
            streams: [
              { total_record_processed: 4, pending_ids: ["1-0"], last_lag: 7 },
              { total_record_processed: 6, last_lag: 3, last_error: "bad" },
            ],
          },
        ],
        missed: { events: 5, stretches: 1, last: { reason: "queue" } },
        problem: { message: "does not compile", line: 3 },
      },
    ]);
    expect(library).toMatchObject({
      name: "shop",
      functions: [{ name: "f", isAsync: true }],
      triggers: [
        { library: "shop", prefix: "user:", triggered: 3, success: 0, failed: 1, events: null },
      ],
      streamTriggers: [
        { streams: 2, processed: 10, pending: 1, lag: 7, lastError: "bad", trim: true },
      ],
      ...{ missedEvents: 5, missedStretches: 1, missedReason: "queue" },
      problem: "does not compile",
    });
    expect(readLibraries([{}])).toMatchObject([{ name: "", triggers: [], problem: null }]);
  });

  it("refuses what is no list", () => {
    expect(() => readLibraries({ error: "x" })).toThrow("not a list");
  });
});

it("finds the line that an error names", () => {
  expect(lineIn("TypeError: no (line 12)")).toBe(12);
  expect(lineIn("outlined 4")).toBeNull();
  expect(lineIn(null)).toBeNull();
});
