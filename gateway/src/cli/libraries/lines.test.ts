import { expect, it } from "vitest";
import { excerptLines } from "./excerpt.js";
import { libraryLines } from "./lines.js";

const PLAIN = { color: false };

it("shows what a library registers as tables, its errors beneath them", () => {
  const counted = { num_success: 1_230, avg_execution_time: 0.42, last_execution_time: 12.3 };
  const library = {
    ...{ name: "shop", api_version: "1.0", pending_jobs: 2, configuration: { limit: 10 } },
    functions: [{ name: "total", flags: ["no-writes"], is_async: true, description: "adds up" }],
    cluster_functions: ["part"],
    keyspace_triggers: [
      {
        ...counted,
        name: "stamp",
        prefix: "user:",
        events: ["hset", "del"],
        num_triggered: 1_234,
        num_failed: 4,
        last_error: "Error: no (line 3)",
      },
      {
        ...counted,
        name: "all",
        prefix: "",
        events: null,
        num_triggered: 7,
        num_failed: 0,
        last_error: null,
      },
    ],
    missed: { events: 3, stretches: 1, last: { reason: "overflow" } },
    code: "#!js name=shop\nlet a;\n",
  };
  expect(libraryLines(library, PLAIN)).toEqual([
    'shop  api 1.0, 2 pending, configuration {"limit":10}',
    "  TRIGGER  KEYS   EVENTS    TRIGGERED  SUCCESS  FAILED  AVERAGE MS  LAST MS",
    "  stamp    user:  hset,del       1234     1230       4        0.42     12.3",
    "  all      (all)  all               7     1230       0        0.42     12.3",
    "  FUNCTION  FLAGS            DESCRIPTION",
    "  total     async,no-writes  adds up",
    "  part      cluster",
    "  last error of stamp: Error: no (line 3)",
    "  missed: 3 events and those of 1 stretch of time (last: overflow)",
    "  1 | #!js name=shop",
    "  2 | let a;",
  ]);
});

it("shows a row for each stream, or that there is none", () => {
  const stream = { last_lag: 5, total_processed_time: 3, total_record_processed: 2 };
  const trigger = { name: "mail", prefix: null, prefix_raw: "/w==", window: 3 };
  const streams = [{ ...stream, name: "s:1", pending_ids: ["1-0"], last_error: "Error: no" }];
  const lines = (one: unknown) => libraryLines({ name: "l", stream_triggers: [one] }, PLAIN);
  expect(lines({ ...trigger, streams })).toEqual([
    expect.any(String),
    "  STREAM TRIGGER  KEYS         STREAM  WINDOW  RECORDS  UNDER WAY  LAG MS  AVERAGE MS",
    "  mail            base64:/w==  s:1          3        2          1       5         1.5",
    "  last error of mail: Error: no",
  ]);
  expect(lines(trigger)[2]).toBe("  mail            base64:/w==  –            3");
});

it("shows names alone where nothing else is told", () => {
  expect(libraryLines({ name: "l", keyspace_triggers: ["t"], functions: ["f"] }, PLAIN)).toEqual([
    expect.any(String),
    expect.stringMatching(/^ {2}TRIGGER/),
    "  t",
    expect.stringMatching(/^ {2}FUNCTION/),
    "  f",
  ]);
});

it("spells out what a terminal would obey", () => {
  const lines = libraryLines({ name: "a\u001b[2J", code: "\u001b[2J" }, PLAIN).join("\n");
  expect(lines).not.toContain("\u001b");
});

it("points at a line of a source, with those around it", () => {
  const source = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join("\n");
  expect(excerptLines(source, 9, PLAIN)).toEqual([
    "   7 | line 7",
    "   8 | line 8",
    ">  9 | line 9",
    "  10 | line 10",
    "  11 | line 11",
  ]);
  expect(excerptLines("a\n\u001b[2J", 1, PLAIN)).toEqual(["> 1 | a", "  2 | \\u001b[2J"]);
  expect([...excerptLines("a", 2, PLAIN), ...excerptLines("a", 0, PLAIN)]).toEqual([]);
});
