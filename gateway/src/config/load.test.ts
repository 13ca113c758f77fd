import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, loadConfig, readConfig, type Sources } from "./load.js";
import { environmentName, flagName } from "./names.js";
import { warnings } from "./rules.js";
import { SETTING_NAMES, SETTINGS, settingOf } from "./settings.js";

const folder = mkdtempSync(join(tmpdir(), "keywire-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SECRET = "0123456789abcdef0123456789abcdef";
const PUBLIC_KEY = generateKeyPairSync("ed25519")
  .publicKey.export({ type: "spki", format: "pem" })
  .toString()
  .trim();
const ENOUGH = { KEYWIRE_REDIS: "redis://localhost:6379/2", KEYWIRE_JWT_SECRET: SECRET };

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The faults of a configuration that must not load. */
function faultsOf(sources: Sources): readonly string[] {
  try {
    loadConfig(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  throw new Error("the configuration was taken");
}

describe("precedence", () => {
  const file = write("precedence.json", { port: 1, linger: 1, historySize: 1, jwtSecret: SECRET });

  it("is flag, then environment, then file, then default", () => {
    const { config, origins } = readConfig({
      env: {
        KEYWIRE_REDIS: "redis://h",
        KEYWIRE_CONFIG: file,
        KEYWIRE_PORT: "2",
        KEYWIRE_LINGER: "2",
      },
      argv: ["--port", "3"],
    });
    expect(config.port).toBe(3);
    expect(config.linger).toBe(2_000);
    expect(config.historySize).toBe(1);
    expect(config.host).toBe("127.0.0.1");
    expect(origins.get("port")).toBe("--port");
    expect(origins.get("linger")).toBe("KEYWIRE_LINGER");
    expect(origins.get("historySize")).toBe(`historySize in ${file}`);
    expect(origins.has("host")).toBe(false);
  });

  it("holds for --config over KEYWIRE_CONFIG", () => {
    const other = write("other.json", { port: 7 });
    const env = { ...ENOUGH, KEYWIRE_CONFIG: "/nowhere/at/all.json" };
    expect(loadConfig({ env, argv: [`--config=${other}`] }).port).toBe(7);
  });

  it("an empty variable is not set", () => {
    const env = { ...ENOUGH, KEYWIRE_CONFIG: file, KEYWIRE_PORT: "" };
    expect(loadConfig({ env }).port).toBe(1);
  });

  it("a setting's file is of the rank of where it is named", () => {
    const path = write("secret", `${"from a file".padEnd(40, ".")}\n`);
    const env = { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_SECRET_FILE: path, KEYWIRE_CONFIG: file };
    expect(loadConfig({ env }).jwtSecret).toBe("from a file".padEnd(40, "."));
    expect(loadConfig({ env, argv: ["--jwt-secret", SECRET] }).jwtSecret).toBe(SECRET);
  });
});

describe("values", () => {
  it("every setting is read from the environment, a flag and a file as it is written", () => {
    const examples: Record<string, [written: string, value: unknown, json?: unknown]> = {
      redis: ["redis+cluster://a:1,b:2", "redis+cluster://a:1,b:2"],
      allowedOrigins: [
        "https://a.example, https://b.example:8443",
        ["https://a.example", "https://b.example:8443"],
      ],
      jwtJwksUrl: ["https://id.example/jwks.json", "https://id.example/jwks.json"],
      jwtPublicKey: [PUBLIC_KEY.replaceAll("\n", "\\n"), PUBLIC_KEY],
      jwtAlgorithms: ["RS256,ES256", ["RS256", "ES256"], ["RS256", "ES256"]],
      roles: ['{"a":[{"keys":"k:*"}]}', { a: [{ keys: "k:*" }] }, { a: [{ keys: "k:*" }] }],
      trustProxy: ["true", true, true],
      tokenCookie: ["session", "session"],
      libraries: ["shop.js,audit.js", ["shop.js", "audit.js"]],
      amqpUrl: ["amqps://u:p@broker.example/v", "amqps://u:p@broker.example/v"],
      amqpMasks: ["^order:.*$, ^user:", ["^order:.*$", "^user:"], ["^order:.*$", "^user:"]],
      heartbeat: ["1500ms", 1_500, 1.5],
      outboxBytes: ["2MiB", 2 ** 21, 2 ** 21],
    };
    for (const name of SETTING_NAMES) {
      const { kind, fallback } = settingOf(name);
      const initial = fallback === undefined ? "text" : kind.format(fallback);
      const [written, value, native = written] = examples[name] ?? [initial, fallback ?? "text"];
      const path = write(`${name}.json`, { [name]: native });
      const nothing = { env: {}, requires: [] };
      expect(
        loadConfig({ ...nothing, env: { [environmentName(name)]: written } })[name],
        name,
      ).toEqual(value);
      expect(
        loadConfig({ ...nothing, argv: [`${flagName(name)}=${written}`] })[name],
        name,
      ).toEqual(value);
      expect(loadConfig({ ...nothing, argv: ["--config", path] })[name], name).toEqual(value);
    }
  });

  it("a flag may stand alone for true", () => {
    expect(loadConfig({ env: ENOUGH, argv: ["--trust-proxy"] }).trustProxy).toBe(true);
    expect(loadConfig({ env: ENOUGH, argv: ["--trust-proxy=false"] }).trustProxy).toBe(false);
  });

  it("every default is what its own setting takes", () => {
    for (const name of SETTING_NAMES) {
      const { kind, fallback } = settingOf(name);
      if (fallback !== undefined) expect(kind.parse(kind.format(fallback)), name).toEqual(fallback);
    }
  });

  it("whatever the environment holds, it is taken within bounds or told as a fault that names it", () => {
    const numbers = ["port", "historySize", "linger", "outboxBytes", "heartbeat"] as const;
    const plausible = fc.stringMatching(/^[0-9]{1,12}(\.[0-9])?(ms|s|m|KiB|MiB)?$/);
    fc.assert(
      fc.property(fc.constantFrom(...numbers), fc.oneof(fc.string(), plausible), (name, input) => {
        const variable = environmentName(name);
        const sources = { env: { ...ENOUGH, [variable]: input } };
        try {
          const value = loadConfig(sources)[name];
          expect(Number.isSafeInteger(value)).toBe(true);
          expect(SETTINGS[name].kind.parse(SETTINGS[name].kind.format(value))).toBe(value);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.faults).toHaveLength(1);
          expect(error.faults[0]).toContain(`${variable} is `);
        }
      }),
    );
  });
});

describe("faults", () => {
  it("are told all at once, each by the name that was written", () => {
    const path = write("faults.json", { histroySize: 3, slowConsumer: "wait" });
    expect(
      faultsOf({
        env: { KEYWIRE_PORT: "eighty", KEYWIRE_REDSI: "redis://h", KEYWIRE_LOG_LEVEL: "info" },
        argv: ["--linger", "-1s", "--config", path, "--trust-porxy", "yes", "stray"],
      }),
    ).toEqual([
      "--trust-porxy is no flag; did you mean --trust-proxy?",
      '"stray" is not expected here',
      "KEYWIRE_REDSI is no setting; did you mean KEYWIRE_REDIS?",
      `histroySize in ${path} is no setting; did you mean historySize?`,
      'KEYWIRE_PORT is "eighty"; it takes a port from 0 to 65535',
      '--linger is "-1s"; it takes a duration from 0s to 1h, as in 15, 15s, 500ms or 1m (a bare number is seconds)',
      `slowConsumer in ${path} is "wait"; it takes gap or disconnect`,
      "KEYWIRE_REDIS is not set; it names the Redis to serve, as in redis://127.0.0.1:6379",
      expect.stringMatching(/^nothing says how tokens are verified/),
    ]);
  });

  it("tell of flags without a value, with one too many, and given twice", () => {
    const argv = ["--port", "1", "--port", "2", "--redis"];
    expect(faultsOf({ env: ENOUGH, argv })).toEqual([
      "--port is given more than once",
      "--redis needs a value, as in --redis=VALUE",
    ]);
  });

  it("say what it got and what it takes", () => {
    const takes = "a duration from 0s to 1h, as in 15, 15s, 500ms or 1m (a bare number is seconds)";
    expect(faultsOf({ env: { ...ENOUGH, KEYWIRE_LINGER: "2h" } })).toEqual([
      `KEYWIRE_LINGER is "2h"; it takes ${takes}`,
    ]);
    expect(faultsOf({ env: ENOUGH, argv: ["--slow-consumer=wait"] })).toEqual([
      '--slow-consumer is "wait"; it takes gap or disconnect',
    ]);
    const path = write("number.json", { port: "http", trustProxy: "yes" });
    expect(faultsOf({ env: ENOUGH, argv: ["--config", path] })).toEqual([
      `port in ${path} is "http"; it takes a port from 0 to 65535`,
      `trustProxy in ${path} is "yes"; it takes true or false`,
    ]);
  });

  it("point out the item of a list, the entry of an object", () => {
    const env = {
      ...ENOUGH,
      KEYWIRE_ALLOWED_ORIGINS: "https://a.example,https://b.example/",
      KEYWIRE_ROLES: '{"customer":[{"kyes":"a"}]}',
    };
    const [roles, origins] = faultsOf({ env }).toSorted().toReversed();
    expect(origins).toContain("https://b.example/ is not an origin, https://b.example is");
    expect(roles).toContain('Unrecognized key: "kyes"');
    expect(roles).toContain("customer[0]");
  });

  it("never show a secret", () => {
    const secret = "hunter2-hunter2-hunter2";
    const key = `-----BEGIN PRIVATE KEY-----\n${secret}`;
    const faults = faultsOf({
      env: {
        KEYWIRE_REDIS: `reddis://admin:${secret}@h:1`,
        KEYWIRE_JWT_SECRET: `\0${secret}`,
        KEYWIRE_JWT_PUBLIC_KEY: key,
      },
    }).join("\n");
    expect(faults).toContain("KEYWIRE_REDIS is reddis://***@h:1;");
    expect(faults).toContain("KEYWIRE_JWT_SECRET is (hidden)");
    expect(faults).not.toContain(secret);
    const jwk = JSON.stringify({ kty: "EC", crv: "P-256", x: "x", y: "y", d: secret });
    const [fault] = faultsOf({ env: { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_PUBLIC_KEY: jwk } });
    expect(fault).toContain("that is a private key");
    expect(fault).not.toContain(secret);
  });

  it("tell of files that cannot be read, or hold no object", () => {
    expect(faultsOf({ env: { ...ENOUGH, KEYWIRE_CONFIG: "/nowhere.json" } })[0]).toMatch(
      /^KEYWIRE_CONFIG names \/nowhere\.json, which is not a readable JSON file: ENOENT/,
    );
    const list = write("list.json", []);
    expect(faultsOf({ env: ENOUGH, argv: ["--config", list] })[0]).toContain("no JSON object");
  });

  it("of a file that is not JSON tell the line, and nothing of what stands there", () => {
    const faultIn = (text: string) => {
      const file = write("secret.json", text);
      const [fault = ""] = faultsOf({ env: ENOUGH, argv: ["--config", file] });
      expect(fault).not.toMatch(/unt|er2/);
      return fault.slice(fault.indexOf("JSON file: ") + 11);
    };
    const start = '{\n  "port": 80,\n  "jwtSecret": ';
    expect(faultIn(`${start}hunter2,\n "host": "a"}`)).toBe("Unexpected token 'h' in line 3");
    expect(faultIn(`${start}"hunter2"x`)).toMatch(/^Expected ',' or '}' .* in line 3$/);
    expect(faultIn(`${start}"hunter2\n"}`)).toMatch(/^Bad control character .* in line 3$/);
    expect(faultIn(`${start}"hunter2`)).toBe("Unterminated string in line 3");
    expect(faultIn('{"jwtSecret": "hunter2", "a": b, "c": 1}')).toBe(
      "Unexpected token 'b' in line 1",
    );
    expect(faultIn("hunter2")).toBe("Unexpected token 'h' in line 1");
    expect(faultIn("")).toBe("Unexpected end of JSON input");
  });

  it("of a value's own file tell its path, and what it is to hold", () => {
    const empty = write("empty", "\n");
    expect(
      faultsOf({ env: { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_SECRET_FILE: empty } }),
    ).toEqual([expect.stringContaining("the file is empty; it is to hold the secret")]);
    const env = { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_SECRET_FILE: "/nowhere" };
    expect(faultsOf({ env })).toEqual([
      expect.stringMatching(
        /^KEYWIRE_JWT_SECRET_FILE is "\/nowhere": ENOENT.*; it is to hold the secret/,
      ),
    ]);
  });

  it("a public key that cannot be read", () => {
    const env = { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_PUBLIC_KEY: PUBLIC_KEY.slice(0, 60) };
    expect(faultsOf({ env })).toEqual([
      expect.stringMatching(/^KEYWIRE_JWT_PUBLIC_KEY is \(hidden\): it cannot be read; it takes/),
    ]);
    const jwk = createPublicKey(PUBLIC_KEY).export({ format: "jwk" });
    const good = { KEYWIRE_REDIS: "redis://h", KEYWIRE_JWT_PUBLIC_KEY: JSON.stringify(jwk) };
    expect(loadConfig({ env: good }).jwtPublicKey).toBe(JSON.stringify(jwk));
  });

  it("a broker's address in which a % begins no escape", () => {
    const env = { ...ENOUGH, KEYWIRE_AMQP_URL: "amqp://guest:50%off@broker.example" };
    expect(faultsOf({ env })).toEqual([
      expect.stringMatching(/^KEYWIRE_AMQP_URL is amqp:\/\/\*\*\*@.*written as %25; it takes/),
    ]);
  });

  it("a value and its file in one source", () => {
    const env = { ...ENOUGH, KEYWIRE_REDIS_FILE: "/run/secrets/redis" };
    expect(faultsOf({ env })).toEqual([
      "KEYWIRE_REDIS and KEYWIRE_REDIS_FILE are both set; one of them is enough",
    ]);
  });
});

describe("unknown names", () => {
  it("are faults in each source, with the nearest name", () => {
    const path = write("unknown.json", { histroySize: 3 });
    const env = { ...ENOUGH, KEYWIRE_REDSI: "redis://h", KEYWIRE_CONFIG: path };
    expect(faultsOf({ env, argv: ["--trust-porxy", "yes", "--zzzzzzzzzzzz"] })).toEqual([
      "--trust-porxy is no flag; did you mean --trust-proxy?",
      "--zzzzzzzzzzzz is no flag",
      "KEYWIRE_REDSI is no setting; did you mean KEYWIRE_REDIS?",
      `histroySize in ${path} is no setting; did you mean historySize?`,
    ]);
  });

  it("but not those that Kubernetes makes of services around it, or that the CLI reads", () => {
    const env = {
      ...ENOUGH,
      KEYWIRE_REDIS_SERVICE_HOST: "10.0.0.2",
      KEYWIRE_REDIS_SERVICE_PORT: "6379",
      KEYWIRE_REDIS_PORT: "tcp://10.0.0.2:6379",
      KEYWIRE_REDIS_PORT_6379_TCP_PROTO: "tcp",
      KEYWIRE_LOAD_BALANCER_PORT: "udp://10.0.0.3:53",
      KEYWIRE_SERVICE_HOST: "10.0.0.1",
      KEYWIRE_SERVICE_PORT: "8080",
      KEYWIRE_SERVICE_PORT_HTTP: "8080",
      KEYWIRE_PORT: "tcp://10.0.0.1:8080",
      KEYWIRE_PORT_8080_TCP: "tcp://10.0.0.1:8080",
      KEYWIRE_PORT_8080_TCP_ADDR: "10.0.0.1",
      KEYWIRE_TOKEN: "x",
      KEYWIRE_URL: "http://localhost:8080",
    };
    expect(loadConfig({ env }).port).toBe(8_080);
    expect(faultsOf({ env: { ...ENOUGH, KEYWIRE_REDIS_PORT: "6379" } })).toHaveLength(1);
  });
});

describe("settings together", () => {
  it("no Redis and no token configuration: no start, but for dev", () => {
    expect(faultsOf({ env: {} })).toEqual([
      "KEYWIRE_REDIS is not set; it names the Redis to serve, as in redis://127.0.0.1:6379",
      "nothing says how tokens are verified; set KEYWIRE_JWT_SECRET, KEYWIRE_JWT_JWKS_URL or KEYWIRE_JWT_PUBLIC_KEY (`keywire dev` makes a secret of its own)",
    ]);
    expect(loadConfig({ env: {}, dev: true, requires: [] }).dev).toBe(true);
  });

  it("the keyspace layer's own word on the Redis URL", () => {
    const checkRedis = () => {
      throw new Error("port 0 is none");
    };
    expect(faultsOf({ env: ENOUGH, checkRedis })).toEqual([
      expect.stringMatching(
        /^KEYWIRE_REDIS is redis:\/\/localhost:6379\/2: port 0 is none; it takes/,
      ),
    ]);
  });

  it("a setting that does not fit is not called missing as well", () => {
    expect(faultsOf({ env: { KEYWIRE_REDIS: "localhost", KEYWIRE_JWT_SECRET: SECRET } })).toEqual([
      expect.stringMatching(/^KEYWIRE_REDIS is localhost; it takes a Redis URL/),
    ]);
  });

  it("a secret and a public key", () => {
    const env = { ...ENOUGH, KEYWIRE_JWT_JWKS_URL: "https://id.example/jwks" };
    expect(faultsOf({ env })).toEqual([
      "KEYWIRE_JWT_SECRET and KEYWIRE_JWT_JWKS_URL are set; tokens are verified in one way, so keep one of them",
    ]);
  });

  it("algorithms that the key cannot verify", () => {
    const publicKey = {
      KEYWIRE_REDIS: "redis://h",
      KEYWIRE_JWT_PUBLIC_KEY: PUBLIC_KEY,
    };
    expect(faultsOf({ env: publicKey, argv: ["--jwt-algorithms", "RS256,HS256"] })).toEqual([
      "--jwt-algorithms lists HS256, which KEYWIRE_JWT_PUBLIC_KEY cannot verify; with it, it takes any but HS256, HS384 and HS512",
    ]);
    expect(faultsOf({ env: { ...ENOUGH, KEYWIRE_JWT_ALGORITHMS: "ES256" } })).toEqual([
      "KEYWIRE_JWT_ALGORITHMS lists ES256, which KEYWIRE_JWT_SECRET cannot verify; with it, it takes HS256, HS384 or HS512",
    ]);
    expect(faultsOf({ env: { ...ENOUGH, KEYWIRE_JWT_ALGORITHMS: "none" } })[0]).toContain('"none"');
  });

  it("what is unwise is warned of", () => {
    expect(warnings(loadConfig({ env: ENOUGH }))).toEqual([]);
    expect(warnings(loadConfig({ env: { ...ENOUGH, KEYWIRE_JWT_SECRET: "short" } }))).toEqual([
      "the token secret is shorter than 32 bytes and may be guessed",
    ]);
  });
});
