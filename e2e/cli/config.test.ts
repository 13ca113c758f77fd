import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../support/index.js";
import { keywire } from "./keywire.js";

describe("keywire start", () => {
  it("does not start without a Redis and a way to verify tokens", async () => {
    const { code, stdout, stderr } = await keywire(["start"]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^keywire: 2 things are wrong:\n/);
    expect(stderr).toContain("KEYWIRE_REDIS is not set");
    expect(stderr).toContain("KEYWIRE_JWT_SECRET, KEYWIRE_JWT_JWKS_URL or KEYWIRE_JWT_PUBLIC_KEY");
  });

  it("names a key and roles that cannot be used, as it names any other fault", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const { code, stderr } = await keywire(["start"], {
      KEYWIRE_REDIS: "redis://127.0.0.1:6379",
      KEYWIRE_JWT_PUBLIC_KEY: publicKey.export({ type: "spki", format: "pem" }).toString(),
      KEYWIRE_ROLES: JSON.stringify({ customer: [{ keys: `user:[\${sub}]` }] }),
    });
    expect(code).toBe(2);
    expect(stderr.split("\n")).toEqual([
      "keywire: 2 things are wrong:",
      expect.stringMatching(/^ {2}- KEYWIRE_JWT_PUBLIC_KEY cannot be used: .*2048 bits/),
      expect.stringMatching(/^ {2}- KEYWIRE_ROLES cannot be used: the role "customer": /),
      "",
    ]);
  });

  it("names every fault of environment, flags and file at once", async () => {
    const folder = await tempFolder("config");
    const file = join(folder.path, "keywire.json");
    await writeFile(file, JSON.stringify({ histroySize: 1, heartbeat: "never" }));
    const { code, stderr } = await keywire(["start", "--prot", "80", "--linger=forever"], {
      KEYWIRE_CONFIG: file,
      KEYWIRE_REDIS: "localhost:6379",
      KEYWIRE_JWT_SECRET: "s3cret-that-must-not-show",
      KEYWIRE_JWT_ALGORITHMS: "RS256",
      KEYWIRE_MAX_SESSION: "1",
    });
    expect(code).toBe(2);
    expect(stderr.split("\n")).toEqual([
      "keywire: 7 things are wrong:",
      "  - --prot is no flag; did you mean --port?",
      "  - KEYWIRE_MAX_SESSION is no setting; did you mean KEYWIRE_MAX_SESSIONS?",
      `  - histroySize in ${file} is no setting; did you mean historySize?`,
      expect.stringMatching(/^ {2}- KEYWIRE_REDIS is localhost:6379; it takes a Redis URL: /),
      expect.stringMatching(/^ {2}- --linger is "forever"; it takes a duration from 0s to 1h/),
      expect.stringMatching(/^ {2}- heartbeat in .* is "never"; it takes a duration from 1s to 1h/),
      expect.stringMatching(/^ {2}- KEYWIRE_JWT_ALGORITHMS lists RS256, which KEYWIRE_JWT_SECRET/),
      "",
    ]);
  });

  it("has the keyspace layer read the Redis URL to the end", async () => {
    const { code, stderr } = await keywire(["start", "--redis", "redis://app:pa55@h:99999"], {
      KEYWIRE_JWT_SECRET: "0123456789abcdef0123456789abcdef",
    });
    expect(code).toBe(2);
    expect(stderr).toContain("--redis is redis://***@h:99999: ");
    expect(stderr).toContain("a port from 1 to 65535");
    expect(stderr).not.toContain("pa55");
  });
});

describe("keywire config", () => {
  const env = {
    KEYWIRE_REDIS: "redis://app:pa55@redis.internal:6379/2",
    KEYWIRE_JWT_SECRET: "s3cret",
    KEYWIRE_HISTORY_TTL: "90s",
  };

  it("shows what is in force and where it came from, without secrets", async () => {
    const { code, stdout } = await keywire(["config", "--port", "9"], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}port +9 {2}\(--port\)$/m);
    expect(stdout).toMatch(/^ {2}historyTtl +90s {2}\(KEYWIRE_HISTORY_TTL\)$/m);
    expect(stdout).toMatch(/^ {2}linger +15s$/m);
    expect(stdout).toContain("redis://***@redis.internal:6379/2");
    expect(stdout).not.toMatch(/pa55|s3cret/);
  });

  it("prints what the configuration file takes", async () => {
    const folder = await tempFolder("config");
    const file = join(folder.path, "keywire.json");
    const flags = [
      "--trust-proxy",
      "--outbox-bytes",
      "2MiB",
      "--allowed-origins",
      "https://a.example",
    ];
    const first = await keywire(["config", "--json", "--history-ttl", "1500ms", ...flags]);
    await writeFile(file, first.stdout);
    const second = await keywire(["config", "--json", "--config", file]);
    expect(second).toEqual(first);
    expect(JSON.parse(second.stdout)).toMatchObject({
      historyTtl: "1500ms",
      outboxBytes: 2_097_152,
      trustProxy: true,
      allowedOrigins: ["https://a.example"],
    });
  });

  it("leaves out of the file's object what is secret, instead of a secret that reads (hidden)", async () => {
    const { code, stdout, stderr } = await keywire(["config", "--json"], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).not.toHaveProperty("jwtSecret");
    expect(JSON.parse(stdout)).not.toHaveProperty("redis");
    expect(stderr).toBe("left out, since it holds a secret: redis, jwtSecret\n");
    const { stdout: open } = await keywire(["config", "--json", "--redis", "redis://h:1"]);
    expect(JSON.parse(open)).toMatchObject({ redis: "redis://h:1" });
  });

  it("prints the committed reference", async () => {
    const { stdout } = await keywire(["config", "--markdown"]);
    const committed = new URL("../../docs/configuration.md", import.meta.url);
    expect(stdout).toBe(readFileSync(committed, "utf8"));
  });
});
