import { createHmac, createSecretKey } from "node:crypto";
import { VirtualClock } from "@keywire/shared/testing";
import fc from "fast-check";
import { type JWTPayload, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { checksOf } from "./claims-set.js";
import { refusalOf } from "./refusal.js";
import { CLAIM_TEXTS, ODD, objectOf } from "./testing/claims.js";
import { authenticator, NOW, SECRET } from "./testing/tokens.js";

/**
 * Tokens signed with a secret, and such as nearly are: whatever the gateway makes of one by itself, jose
 * makes of it as well. All are made by hand, since no library would make most of them.
 */

const ALGORITHMS = ["HS256", "HS384", "HS512"];
const RUNS = { numRuns: 1_000 };

const NAMES = Object.keys(CLAIM_TEXTS);
const PICKS = { minLength: NAMES.length, maxLength: NAMES.length };

/** Of good claims, up to two are replaced by others. */
const claims = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }), fc.array(fc.nat(999), PICKS))
  .map(([replaced, picks]) =>
    Object.entries(CLAIM_TEXTS).flatMap(([name, [good, others]], index) => {
      const pool = replaced.includes(name)
        ? [undefined, undefined, ...ODD, ...others, ...others]
        : good;
      const json = pool[(picks[index] ?? 0) % pool.length];
      return json === undefined ? [] : [[name, json] as const];
    }),
  );

const payloadText = fc.oneof(
  { weight: 40, arbitrary: claims.map(objectOf) },
  // A name that is said twice.
  {
    weight: 3,
    arbitrary: fc.tuple(claims, claims).map(([one, two]) => objectOf([...one, ...two])),
  },
  claims.map((entries) => `[${objectOf(entries)}]`),
  claims.map((entries) => `\ufeff${objectOf(entries)}`),
  claims.map((entries) => ` ${objectOf(entries)}\n`),
  fc.constantFrom("", "null", "1", '"alice"', "[]", "{", "{}}"),
  fc.json(),
);
/** In some names, bytes that are no UTF-8, or a text that looks as if there had been some. */
const STRAY = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd], [0]];
const stray = fc.oneof({ weight: 15, arbitrary: fc.constant([]) }, fc.constantFrom(...STRAY));
const payload = fc.tuple(payloadText, stray).map(([text, more]) => {
  const [before = "", ...behind] = text.split('alice"');
  if (behind.length === 0) return Buffer.from(text);
  return Buffer.concat([
    ...[Buffer.from(`${before}alice`), Buffer.from(more)],
    Buffer.from(`"${behind.join('alice"')}`),
  ]);
});

const header = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...ALGORITHMS.map((alg) => JSON.stringify({ alg }))) },
  fc.constantFrom(
    '{"alg":"HS256","typ":"JWT","kid":"k"}',
    '{"typ":"at+jwt","alg":"HS512"}',
    '{"alg":"none"}',
    '{"alg":"hs256"}',
    '{"alg":"RS256"}',
    '{"alg":["HS256"]}',
    '{"alg":null}',
    "{}",
    '{"alg":"none","alg":"HS256"}',
    '{"alg":"HS256","alg":"none"}',
    '{"alg":"HS256","crit":["b64"],"b64":false}',
    '{"alg":"HS256","crit":["b64"],"b64":true}',
    '{"alg":"HS256","b64":false}',
    '{"alg":"HS256","crit":["x"],"x":1}',
    '{"alg":"HS256","crit":[]}',
    '{"alg":"HS256","crit":null}',
    '{"__proto__":{"alg":"HS256"}}',
    '\ufeff{"alg":"HS256"}',
    '["HS256"]',
    '"HS256"',
    "HS256",
    "",
  ),
);

/** How a part may be spelled; most of it is not canonical, and some of it no base64url. */
const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => `${text}=`,
  (text) => `${text}==`,
  (text) => `${text}A`,
  (text) => text.slice(0, -1),
  (text) => text.slice(0, -1) + String.fromCharCode((text.charCodeAt(text.length - 1) || 65) + 1),
  (text) => text.replace(/[-_]|$/, "+"),
  (text) => text.replace(/[-_]|$/, "/"),
  (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
  (text) => `${text}\n`,
  (text) => `${text.slice(0, 3)}\u0141${text.slice(4)}`,
  (text) => `${text}.`,
  (text) => `.${text}`,
];
const spelling = fc.oneof(
  { weight: 12, arbitrary: fc.constant((text: string) => text) },
  fc.constantFrom(...SPELLINGS),
);

/** By what else the signature is made than by what the header says. */
const digest = fc.oneof(
  { weight: 20, arbitrary: fc.constant(undefined) },
  fc.constantFrom("sha256", "sha384", "sha512"),
);

/** What is spelled is signed, so that it comes to be read; or it is spelled otherwise behind its signature. */
const token = fc
  .record({
    header,
    payload,
    digest,
    spellings: fc.tuple(spelling, spelling, spelling),
    isSignedAsSpelled: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, fc.constant(false)),
    secret: fc.oneof(
      { weight: 20, arbitrary: fc.constant(SECRET) },
      fc.constant("another".repeat(9)),
    ),
  })
  .map(({ header, payload, digest, spellings, isSignedAsSpelled, secret }) => {
    const [ofHeader, ofPayload, ofSignature] = spellings;
    const parts = [
      Buffer.from(header).toString("base64url"),
      payload.toString("base64url"),
    ] as const;
    const spelled = `${ofHeader(parts[0])}.${ofPayload(parts[1])}`;
    const named = /"HS(\d+)"[^"]*$/.exec(header)?.[1] ?? "256";
    const mac = createHmac(digest ?? `sha${named}`, secret)
      .update(isSignedAsSpelled ? spelled : parts.join("."))
      .digest("base64url");
    return `${spelled}.${ofSignature(mac)}`;
  });

const settings = fc.record({
  jwtSecret: fc.constant(SECRET),
  jwtAlgorithms: fc.constantFrom<(readonly string[] | undefined)[]>(
    undefined,
    ["HS256"],
    ["HS512", "HS384"],
  ),
  jwtIssuer: fc.constantFrom(undefined, "me"),
  jwtAudience: fc.constantFrom(undefined, "you"),
  jwtClockTolerance: fc.constantFrom(0, 0, 4_000, 4_500),
});

/** ms since the Unix epoch. */
const moment = fc.constantFrom(0, 500, 999).map((ms) => NOW * 1_000 + ms);

type Settings = ReturnType<typeof settings.generate>["value"];

/** What jose, all by itself, makes of a token. */
async function byJose(token: string, asked: Settings, now: number): Promise<JWTPayload | string> {
  const { jwtIssuer: issuer, jwtAudience: audience, jwtClockTolerance } = asked;
  const algorithms = ALGORITHMS.filter((name) => asked.jwtAlgorithms?.includes(name) ?? true);
  const demands = { issuer, audience, tolerance: jwtClockTolerance / 1_000 };
  const options = { algorithms, ...checksOf(demands, now) };
  try {
    return (await jwtVerify(token, createSecretKey(SECRET, "utf8"), options)).payload;
  } catch (error) {
    const { code, message } = refusalOf(error, { algorithms, issuer, audience });
    return `${code}: ${message}`;
  }
}

describe("of a token, the gateway", () => {
  it("makes what jose makes of it", async () => {
    let good = 0;
    await fc.assert(
      fc.asyncProperty(token, settings, moment, async (token, asked, now) => {
        const expected = await byJose(token, asked, now);
        const auth = authenticator(asked, new VirtualClock(now));
        const verify = () => auth.verify(token).catch(({ code, message }) => `${code}: ${message}`);
        const got = await verify();
        expect(await verify()).toEqual(got);
        if (typeof expected === "string") {
          expect(got).toBe(expected);
          return;
        }
        if (typeof got === "string") {
          // It asks more of some claims than jose does.
          expect(got).toMatch(/must be|malformed/);
          return;
        }
        good += 1;
        expect(Number.isFinite(got.expires)).toBe(true);
        const { sub, exp, jti, iat } = expected;
        expect(got).toMatchObject({ user: sub, tokenId: jti, expires: Number(exp) * 1_000 });
        expect(got.issuedAt).toBe(iat === undefined ? undefined : iat * 1_000);
      }),
      RUNS,
    );
    expect(good).toBeGreaterThan(RUNS.numRuns / 10);
  });
});
