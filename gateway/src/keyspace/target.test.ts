import { describe, expect, it } from "vitest";
import { parseRedisUrl } from "./target.js";

describe("parseRedisUrl", () => {
  it.each([
    [
      "redis://localhost",
      { kind: "standalone", endpoints: [{ host: "localhost", port: 6379 }], db: 0 },
    ],
    [
      "redis://10.0.0.1:7000/3",
      { endpoints: [{ host: "10.0.0.1", port: 7000 }], db: 3, tls: false },
    ],
    ["rediss://u:p%40ss@[::1]:7000", { tls: true, username: "u", password: "p@ss" }],
    ["rediss://[::1]:7000", { endpoints: [{ host: "::1", port: 7000 }] }],
    ["redis://:secret@h", { password: "secret" }],
    [
      "redis+cluster://h1:1,h2:2",
      {
        kind: "cluster",
        endpoints: [
          { host: "h1", port: 1 },
          { host: "h2", port: 2 },
        ],
      },
    ],
    ["redis+sentinel://h1,h2:2/main/5", { kind: "sentinel", name: "main", db: 5 }],
    ["redis+sentinel://h1/main", { endpoints: [{ host: "h1", port: 26_379 }], db: 0 }],
  ])("reads %s", (url, expected) => {
    expect(parseRedisUrl(url)).toMatchObject(expected);
  });

  it.each([
    ["http://localhost", /begins with redis:\/\//],
    ["localhost:6379", /begins with redis:\/\//],
    ["redis://h:0", /port from 1 to 65535/],
    ["redis://h:x", /is not host:port/],
    ["redis://", /is not host:port/],
    ["redis://h1,h2", /redis\+cluster/],
    ["redis://h/x", /number of a database/],
    ["redis+sentinel://h", /primary's name/],
    ["redis://%zz:x@h", /percent-encoding/],
  ])("refuses %s", (url, message) => {
    expect(() => parseRedisUrl(url)).toThrow(message);
  });

  it("never shows a password", () => {
    const raw = ["/", "?", "#", "@"].map((odd) => `redis://u:hunter2${odd}hunter2@h:6379`);
    const wrong = ["redis://u:hunter2@h:x", "foo://u:hunter2@h", "redis://u:hunter2@h/db"];
    for (const url of [...wrong, ...raw]) {
      expect(() => parseRedisUrl(url)).toThrow(/^((?!hunter2).)*$/s);
    }
  });
});
