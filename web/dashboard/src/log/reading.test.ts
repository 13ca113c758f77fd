import { describe, expect, it } from "vitest";
import { EventLog } from "./log.js";
import { Reader } from "./reading.js";

function setUp() {
  const log = new EventLog(10);
  let offset = 0;
  const add = () => {
    const message = { type: "event", channel: "prefix:", offset: ++offset, event: "set" } as const;
    log.add({ kind: "event", message: { ...message, key: "k", db: 0, time: 0 } });
  };
  return { log, reader: new Reader(log), add };
}

describe("Reader", () => {
  it("lets rows in while the top is in sight", () => {
    const { log, reader, add } = setUp();
    reader.scrolled(0);
    add();
    expect([reader.state.value, log.size, log.waiting]).toEqual(["live", 1, 0]);
  });

  it("holds them while somebody has scrolled down, until the top is in sight again", () => {
    const { log, reader, add } = setUp();
    add();
    reader.scrolled(28);
    add();
    expect([reader.state.value, log.size, log.waiting]).toEqual(["scrolled", 1, 1]);
    reader.scrolled(0);
    expect([reader.state.value, log.size, log.waiting]).toEqual(["live", 2, 0]);
  });

  it("stays paused wherever one scrolls", () => {
    const { log, reader, add } = setUp();
    reader.pause();
    add();
    reader.scrolled(28);
    reader.scrolled(0);
    expect([reader.state.value, log.size, log.waiting]).toEqual(["paused", 0, 1]);
    reader.toggle();
    expect([reader.state.value, log.size, log.waiting]).toEqual(["live", 1, 0]);
  });

  it("keeps what waited when a pause follows a scroll", () => {
    const { log, reader, add } = setUp();
    reader.scrolled(28);
    add();
    reader.toggle();
    add();
    expect([reader.state.value, log.waiting]).toEqual(["paused", 2]);
  });
});
