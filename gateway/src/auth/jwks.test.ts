import type { ServerResponse } from "node:http";
import { UnsecuredJWT } from "jose";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { JWKS_COOLDOWN, JWKS_MAX_AGE, JWKS_MAX_STALE } from "./jwks.js";
import { type Issuer, startIssuer } from "./testing/issuer.js";
import {
  authenticator,
  CLAIMS,
  clockAtNow,
  NOW,
  refused,
  type Signer,
  signer,
  signWithSecret,
} from "./testing/tokens.js";

const NOBODY = refused("unauthorized", /no key of the issuer/);
const AWAY = refused("unavailable", /cannot be fetched/);
/** The token outlives what the tests wait for. */
const LASTING = { ...CLAIMS, exp: NOW + 100 * 3_600 };

describe("keys behind a URL", () => {
  let old: Signer;
  let fresh: Signer;
  let stranger: Signer;
  let issuer: Issuer;
  let clock = clockAtNow();
  let failures: unknown[] = [];
  const open = () =>
    authenticator({ jwtJwksUrl: issuer.url }, clock, (error) => failures.push(error));

  beforeAll(async () => {
    [old, fresh, stranger] = [
      await signer("ES256", "old"),
      await signer("RS256", "new"),
      await signer("ES256", "?"),
    ];
  });
  beforeEach(async () => {
    issuer = await startIssuer([old.jwk]);
    clock = clockAtNow();
    failures = [];
  });
  afterEach(() => issuer.close());

  it("are fetched once, when the first token comes", async () => {
    const auth = open();
    expect(issuer.asked).toBe(0);
    const tokens = await Promise.all(["a", "b", "c"].map((sub) => old.sign({ ...CLAIMS, sub })));
    await Promise.all(tokens.map((token) => auth.verify(token)));
    expect(issuer.asked).toBe(1);
  });

  it("are followed when they rotate, and a withdrawn one stops counting", async () => {
    const auth = open();
    const before = await old.sign(LASTING);
    await auth.verify(before);
    issuer.keys = [old.jwk, fresh.jwk];
    await clock.advance(JWKS_COOLDOWN);
    await expect(auth.verify(await fresh.sign(LASTING))).resolves.toMatchObject({ user: "alice" });
    expect(issuer.asked).toBe(2);

    issuer.keys = [fresh.jwk];
    await expect(auth.verify(before)).resolves.toBeDefined();
    await clock.advance(JWKS_MAX_AGE + 1);
    await expect(auth.verify(before)).rejects.toEqual(NOBODY);
    await expect(auth.verify(await old.sign({ ...LASTING, sub: "bob" }))).rejects.toEqual(NOBODY);
    await expect(auth.verify(await fresh.sign({ ...LASTING, sub: "c" }))).resolves.toBeDefined();
  });

  it("are fetched at most once per cooldown for tokens of keys that nobody knows", async () => {
    const auth = open();
    await auth.verify(await old.sign(CLAIMS));
    for (let round = 0; round < 3; round++) {
      await clock.advance(JWKS_COOLDOWN);
      const forged = Array.from({ length: 20 }, (_, n) =>
        stranger.sign({ ...CLAIMS, jti: `${round}-${n}` }, { kid: `random ${n}` }),
      );
      for (const token of await Promise.all(forged)) {
        await expect(auth.verify(token)).rejects.toEqual(NOBODY);
      }
      expect(issuer.asked).toBe(2 + round);
    }
  });

  it("take no secret, no unsigned token, and no signature under another key's kid", async () => {
    const auth = open();
    const kid = "old";
    for (const secret of [JSON.stringify(old.jwk), String(old.jwk.x)]) {
      const forged = await signWithSecret(CLAIMS, secret, { alg: "HS256", kid });
      await expect(auth.verify(forged)).rejects.toEqual(refused("unauthorized", /not accepted/));
    }
    await expect(auth.verify(new UnsecuredJWT({ ...CLAIMS }).encode())).rejects.toEqual(
      refused("unauthorized", /not accepted/),
    );
    await expect(auth.verify(await stranger.sign(CLAIMS, { kid }))).rejects.toEqual(
      refused("unauthorized", /signature is wrong/),
    );
  });

  it("go with tokens that name none where there is one, and ask for a kid where there are more", async () => {
    const auth = open();
    await expect(auth.verify(await old.sign(CLAIMS, {}))).resolves.toBeDefined();
    issuer.keys = [old.jwk, stranger.jwk];
    const again = open();
    await expect(again.verify(await old.sign(CLAIMS, {}))).rejects.toEqual(
      refused("unauthorized", /must name one by its kid/),
    );
  });

  it.each<readonly [string, () => void | Promise<void>]>([
    ["the issuer does not listen", () => issuer.close()],
    ["it answers an error", () => answer((response) => response.writeHead(500).end("{}"))],
    [
      "it sends somewhere else",
      () => answer((response) => response.writeHead(302, { Location: "/" }).end()),
    ],
    ["it answers no JSON", () => answer((response) => response.end("<html>"))],
    ["it answers no keys", () => answer((response) => response.end("{}"))],
    ["it hangs up", () => answer((response) => response.destroy())],
    [
      "it answers without end",
      () => answer((response) => response.end(" ".repeat(2 * 1_024 * 1_024))),
    ],
  ])("are unavailable, which is no fault of the token, where %s", async (_, fail) => {
    await fail();
    const auth = open();
    await expect(auth.verify(await old.sign(CLAIMS))).rejects.toEqual(AWAY);
    expect(failures).toHaveLength(1);
    const asked = issuer.asked;
    for (let times = 0; times < 5; times++) {
      await expect(auth.verify(await old.sign(CLAIMS))).rejects.toEqual(AWAY);
    }
    expect([issuer.asked, failures.length]).toEqual([asked, 1]);
  });

  it("are fetched again after a failure, once the cooldown is over", async () => {
    answer((response) => response.writeHead(503).end());
    const auth = open();
    const token = await old.sign(CLAIMS);
    await expect(auth.verify(token)).rejects.toEqual(AWAY);
    issuer.answer = undefined;
    await expect(auth.verify(token)).rejects.toEqual(AWAY);
    await clock.advance(JWKS_COOLDOWN);
    await expect(auth.verify(token)).resolves.toBeDefined();
  });

  it("go on counting for a while where the issuer is away, unknown ones being unavailable", async () => {
    const auth = open();
    await auth.verify(await old.sign(LASTING));
    answer((response) => response.writeHead(503).end());
    await clock.advance(JWKS_MAX_AGE + 1);
    const user = async (sub: string) => auth.verify(await old.sign({ ...LASTING, sub }));
    await expect(user("b")).resolves.toBeDefined();
    await expect(auth.verify(await fresh.sign(LASTING))).rejects.toEqual(AWAY);
    expect(failures.length).toBeGreaterThan(0);
    await clock.advance(JWKS_MAX_STALE);
    await expect(user("c")).rejects.toEqual(AWAY);
  });

  it("are not waited for again and again while the issuer is away", async () => {
    const auth = open();
    const user = async (sub: string) => auth.verify(await old.sign({ ...LASTING, sub }));
    await user("a");
    answer((response) => response.writeHead(503).end());
    await clock.advance(JWKS_MAX_AGE + 1);
    await user("b");
    let held: ServerResponse | undefined;
    answer((response) => {
      held = response;
    });
    await clock.advance(JWKS_COOLDOWN);
    await expect(user("c")).resolves.toBeDefined();
    await expect.poll(() => held).toBeDefined();
    expect(held?.destroyed).toBe(false);
  });

  function answer(answering: NonNullable<Issuer["answer"]>): void {
    issuer.answer = answering;
  }
});
