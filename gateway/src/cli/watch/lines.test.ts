import type { EventMessage, GapMessage } from "@keywire/shared";
import { expect, it } from "vitest";
import { messageLine } from "./lines.js";

const PLAIN = { color: false };
const TIME = new Date(2026, 5, 1, 12, 0, 1, 23).getTime();
const EVENT: EventMessage = {
  type: "event",
  channel: "prefix:order:",
  offset: 1,
  event: "set",
  key: "order:42",
  db: 0,
  time: TIME,
};

it("shows time, event and key", () => {
  expect(messageLine(EVENT, PLAIN, false)).toBe("12:00:01.023  set        order:42");
});

it("names the database and the channel where there is a choice", () => {
  expect(messageLine({ ...EVENT, db: 3 }, PLAIN, true)).toBe(
    "12:00:01.023  set        order:42  db 3  prefix:order:",
  );
});

it("shows keys that a terminal would obey, and those that are no text", () => {
  expect(messageLine({ ...EVENT, key: "a\u001b[2Jb" }, PLAIN, false)).toContain("a\\u001b[2Jb");
  const raw = { ...EVENT, key: null, key_raw: "b3JkZXI6/w==" };
  expect(messageLine(raw, PLAIN, false)).toContain("base64:b3JkZXI6/w==");
});

it("shows gaps with their bounds, and how much is missing where that is known", () => {
  const gap: GapMessage = {
    type: "gap",
    channel: "key:a",
    offset: 2,
    reason: "node_lost",
    from: TIME - 3_000,
    to: TIME,
  };
  expect(messageLine(gap, PLAIN, false)).toBe(
    "12:00:01.023  gap        events may be missing between 11:59:58.023 and 12:00:01.023 (node_lost)",
  );
  expect(messageLine({ ...gap, reason: "slow_consumer", missed: 7 }, PLAIN, false)).toContain(
    "7 messages are missing between",
  );
});
