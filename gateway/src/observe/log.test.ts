import { describe, expect, it } from "vitest";
import { createLog, type LogOptions } from "./log.js";

const TOKEN = `eyJhbGciOiJIUzI1NiJ9.${"e30".repeat(5)}.c2lnbmF0dXJl`;

function capture(options: Partial<LogOptions>) {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLog({ level: "info", format: "json", stream, ...options }) };
}

describe("json", () => {
  it("is one object per line", () => {
    const { lines, log } = capture({});
    log.info("redis node ready", { node: "127.0.0.1:7000" });
    const [line = ""] = lines;
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: "info",
      time: expect.any(Number),
      node: "127.0.0.1:7000",
      msg: "redis node ready",
    });
  });

  it("tells errors with their stack", () => {
    const { lines, log } = capture({});
    log.error("stopped", { error: new RangeError("too far") });
    expect(JSON.parse(lines[0] ?? "").error).toMatchObject({
      type: "RangeError",
      message: "too far",
      stack: expect.stringContaining("log.test.ts"),
    });
  });

  it("names the command that Redis refused, and not what stood behind it", () => {
    const { lines, log } = capture({});
    const error = new Error("WRONGPASS invalid username-password pair or user is disabled.");
    const command = { name: "hello", args: ["3", "AUTH", "app", "pa55"] };
    log.warn("revocations could not be read", { error: Object.assign(error, { command }) });
    const cause = Object.assign(new Error("in vain", { cause: error }), { command });
    log.warn("in vain", { error: cause });
    log.warn("in vain", { error: new AggregateError([error], "in vain") });
    expect(lines[0]).toContain('"command":"hello"');
    expect(lines.join("")).not.toContain("pa55");
  });

  it.each([null, undefined, "away", 7])(
    "tells what was thrown though it is no error: %s",
    (error) => {
      const { lines, log } = capture({});
      log.warn("in vain", { error });
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({ msg: "in vain", ...(error && { error }) });
    },
  );

  it("leaves out what is below its level", () => {
    const { lines, log } = capture({ level: "warn" });
    log.info("not this");
    log.warn("this");
    expect(lines).toHaveLength(1);
  });
});

describe("text", () => {
  it("is a short line", () => {
    const { lines, log } = capture({ format: "text" });
    log.warn("redis node lost", {
      node: "127.0.0.1:7000",
      after: 3,
      error: new Error("ECONNRESET"),
    });
    expect(lines[0]).toMatch(
      /^\d\d:\d\d:\d\d warn {2}redis node lost: ECONNRESET node=127\.0\.0\.1:7000 after=3\n$/,
    );
  });

  it("shows control characters instead of obeying them", () => {
    const { lines, log } = capture({ format: "text" });
    log.info("key a\u001b[2J", { key: "a\u001b[2Jb\nc" });
    expect(lines[0]).toContain("key a\\u001b[2J");
    expect(lines[0]).toContain("key='a\\x1B[2Jb\\nc'");
  });
});

describe.each(["json", "text"] as const)("secrets in %s", (format) => {
  it("do not show, in fields, messages, errors or URLs", () => {
    const { lines, log } = capture({ format });
    log.info("hello", { token: "abc-secret", request: { authorization: "Bearer abc-secret" } });
    log.info(`bad token ${TOKEN}`, {
      error: new Error(`refused ${TOKEN}`),
      url: `/#token=${TOKEN}`,
    });
    log.error("no answer from redis://app:abc-secret@10.0.0.1:6379/0");
    const all = lines.join("");
    expect(lines).toHaveLength(3);
    expect(all).not.toContain("abc-secret");
    expect(all).not.toContain(TOKEN);
    expect(all).toContain("bad token [token]");
    expect(all).toContain("redis://***@10.0.0.1:6379/0");
  });
});
