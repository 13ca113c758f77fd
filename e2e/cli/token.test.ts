import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { keywire } from "./keywire.js";

const SECRET = "0123456789abcdef0123456789abcdef";
const KEY = new TextEncoder().encode(SECRET);

describe("keywire token", () => {
  it("prints a token that says what was asked for, and nothing else", async () => {
    const grant = '{"keys":"user:alice:*","events":["set"],"db":3,"values":true}';
    const { code, stdout, stderr } = await keywire(
      ["token", "--sub", "alice", "--grant", "order:*", "--grant", grant, "--ttl", "15m"],
      { KEYWIRE_JWT_SECRET: SECRET, KEYWIRE_JWT_ISSUER: "me", KEYWIRE_JWT_AUDIENCE: "keywire" },
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const options = { issuer: "me", audience: "keywire", algorithms: ["HS256"] };
    const { payload } = await jwtVerify(stdout.trim(), KEY, options);
    expect(payload).toMatchObject({ sub: "alice", jti: expect.any(String) });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900);
    expect(payload["keywire"]).toEqual({ grants: [{ keys: "order:*" }, JSON.parse(grant)] });
  });

  it("follows the configured algorithm and claim", async () => {
    const { stdout } = await keywire(["token", "--role", "customer", "--admin"], {
      KEYWIRE_JWT_SECRET: SECRET.repeat(2),
      KEYWIRE_JWT_ALGORITHMS: "HS512",
      KEYWIRE_JWT_CLAIM: "https://keywire.example/grants",
    });
    const key = new TextEncoder().encode(SECRET.repeat(2));
    const { payload } = await jwtVerify(stdout.trim(), key, { algorithms: ["HS512"] });
    expect(payload["https://keywire.example/grants"]).toEqual({ roles: ["customer"], admin: true });
  });

  it("names all that is wrong with the request", async () => {
    const { code, stdout, stderr } = await keywire(
      ["token", "--ttl", "0", "--grant", '{"kyes":"a"}', "--sub"],
      { KEYWIRE_JWT_SECRET: SECRET },
    );
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("--sub needs a value");
    expect(stderr).toContain('--ttl is "0"; it takes a duration from 1s');
    expect(stderr).toContain('Unrecognized key: "kyes"');
    const empty = await keywire(["token", "--sub=", "--grant="], { KEYWIRE_JWT_SECRET: SECRET });
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(/--sub is empty.*\n.*--grant is "": it matches no key/);
  });

  it("makes no token that would allow nothing", async () => {
    const { code, stderr } = await keywire(["token"], { KEYWIRE_JWT_SECRET: SECRET });
    expect(code).toBe(2);
    expect(stderr).toContain("the token would allow nothing");
  });

  it("says who makes tokens where the gateway has public keys alone", async () => {
    const env = { KEYWIRE_JWT_JWKS_URL: "https://id.example/jwks" };
    const { code, stderr } = await keywire(["token", "--admin"], env);
    expect(code).toBe(2);
    expect(stderr).toContain("whoever holds the private one makes them");
  });
});
