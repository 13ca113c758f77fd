import { createPublicKey, generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { VirtualClock } from "@keywire/shared/testing";
import { UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import {
  authenticator,
  CLAIMS,
  clockAtNow,
  NOW,
  refused,
  SECRET,
  type Signer,
  signer,
  signWithSecret,
} from "./testing/tokens.js";

const without = (claim: string) => ({ ...CLAIMS, [claim]: undefined });

describe("a token verified with a secret", () => {
  const auth = authenticator({ jwtSecret: SECRET });

  it("says who it speaks for, and until when", async () => {
    const identity = await auth.verify(await signWithSecret({ ...CLAIMS, jti: "t1" }));
    expect(identity).toMatchObject({
      user: "alice",
      tokenId: "t1",
      issuedAt: (NOW - 1) * 1_000,
      expires: (NOW + 3_600) * 1_000,
      admin: false,
    });
    expect(identity.grants).toHaveLength(1);
  });

  it("needs no iat and no jti", async () => {
    const identity = await auth.verify(await signWithSecret(without("iat")));
    expect(identity).toMatchObject({ tokenId: undefined, issuedAt: undefined });
  });

  const unsecured = () => new UnsecuredJWT({ ...CLAIMS }).encode();
  const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString("base64url");
  const parts = async () => (await signWithSecret(CLAIMS)).split(".");
  it.each<readonly [string, () => Promise<string> | string, RegExp]>([
    ["of another secret", () => signWithSecret(CLAIMS, "another".repeat(9)), /signature is wrong/],
    [
      "changed behind its signature",
      async () => {
        const [head, , signature] = await parts();
        return [head, header({ ...CLAIMS, sub: "bob" }), signature].join(".");
      },
      /signature is wrong/,
    ],
    ["without a signature", unsecured, /algorithm is not accepted; HS256, HS384, HS512 are/],
    ["of NONE", () => unsecured().replace(/^[^.]*/, header({ alg: "NONE" })), /not accepted/],
    [
      "whose signature was cut off",
      async () => `${(await parts()).slice(0, 2).join(".")}.`,
      /signature is wrong|no signed JWT/,
    ],
    [
      "with a critical header that nobody knows",
      async () => {
        const [, body, signature] = await parts();
        const head = header({ alg: "HS256", crit: ["x"], x: 1 });
        return [head, body, signature].join(".");
      },
      /cannot be verified/,
    ],
    ["that is none", () => "nonsense", /no signed JWT/],
    ["that is empty", () => "", /no signed JWT/],
    ["that is not base64url", () => "%.%.%", /no signed JWT/],
    [
      "not yet valid",
      () => signWithSecret({ ...CLAIMS, nbf: NOW + 60 }),
      /before 2026-05-28T20:27:40.000Z.*"nbf"/,
    ],
    ["without exp", () => signWithSecret(without("exp")), /lacks "exp"/],
    ["with a text for exp", () => signWithSecret({ ...CLAIMS, exp: "soon" }), /"exp"/],
    ["without sub", () => signWithSecret(without("sub")), /lacks "sub"/],
    ["with an empty sub", () => signWithSecret({ ...CLAIMS, sub: "" }), /"sub" must be text/],
    ["with a number for sub", () => signWithSecret({ ...CLAIMS, sub: 7 }), /"sub" must be text/],
    [
      "with half a character in sub",
      () => signWithSecret({ ...CLAIMS, sub: "eve\ud800" }),
      /"sub" must be text/,
    ],
    ["with a text for iat", () => signWithSecret({ ...CLAIMS, iat: "now" }), /"iat"/],
    ["with a number for jti", () => signWithSecret({ ...CLAIMS, jti: 7 }), /"jti" must be text/],
    [
      "with malformed grants",
      () => signWithSecret({ ...CLAIMS, keywire: { grants: [{}] } }),
      /keywire.grants.0.keys/,
    ],
  ])("%s is refused, and told why", async (_, token, message) => {
    const refusal = auth.verify(await token());
    await expect(refusal).rejects.toEqual(refused("unauthorized", message));
    await expect(refusal).rejects.not.toThrow(SECRET);
  });

  it("that has expired is told so by its own code", async () => {
    const expired = await signWithSecret({ ...CLAIMS, exp: NOW - 1 });
    await expect(auth.verify(expired)).rejects.toEqual(refused("token_expired", /get a new one/));
  });

  it("must come from the issuer, for the audience, where they are configured", async () => {
    const strict = authenticator({ jwtSecret: SECRET, jwtIssuer: "me", jwtAudience: "you" });
    const verify = async (claims: object) =>
      strict.verify(await signWithSecret({ ...CLAIMS, ...claims }));
    await expect(verify({ iss: "me", aud: "you" })).resolves.toBeDefined();
    await expect(verify({ iss: "me", aud: ["they", "you"] })).resolves.toBeDefined();
    const wrongAudience = refused("unauthorized", /"aud" must be or contain "you"/);
    await expect(verify({ iss: "me", aud: "they" })).rejects.toEqual(wrongAudience);
    await expect(verify({ iss: "me", aud: ["they"] })).rejects.toEqual(wrongAudience);
    await expect(verify({ iss: "me" })).rejects.toEqual(refused("unauthorized", /lacks "aud"/));
    await expect(verify({ iss: "they", aud: "you" })).rejects.toEqual(
      refused("unauthorized", /"iss" must be "me"/),
    );
    await expect(verify({ aud: "you" })).rejects.toEqual(refused("unauthorized", /lacks "iss"/));
  });

  it("must be of a configured algorithm", async () => {
    const one = authenticator({ jwtSecret: SECRET, jwtAlgorithms: ["HS512"] });
    const onlyOne = refused("unauthorized", /not accepted; HS512 are/);
    await expect(one.verify(await signWithSecret(CLAIMS))).rejects.toEqual(onlyOne);
    const hs512 = await signWithSecret(CLAIMS, SECRET, { alg: "HS512" });
    await expect(one.verify(hs512)).resolves.toBeDefined();
  });

  it("may be off by the tolerance, at both ends of its time", async () => {
    const lenient = authenticator({ jwtSecret: SECRET, jwtClockTolerance: 5_000 });
    const verify = async (claims: object) =>
      lenient.verify(await signWithSecret({ ...CLAIMS, ...claims }));
    await expect(verify({ exp: NOW - 4 })).resolves.toBeDefined();
    await expect(verify({ exp: NOW - 6 })).rejects.toEqual(refused("token_expired", /expired/));
    await expect(verify({ nbf: NOW + 5 })).resolves.toBeDefined();
    await expect(verify({ nbf: NOW + 6 })).rejects.toEqual(refused("unauthorized", /nbf/));
    // The gateway's own time is taken in whole seconds.
    const between = authenticator({ jwtSecret: SECRET }, new VirtualClock(NOW * 1_000 + 500));
    const soon = await signWithSecret({ ...CLAIMS, nbf: NOW + 0.5 });
    await expect(between.verify(soon)).rejects.toEqual(refused("unauthorized", /nbf/));
  });

  it("is read once where it comes again and again, and not past its end", async () => {
    const clock = clockAtNow();
    const auth = authenticator({ jwtSecret: SECRET, jwtClockTolerance: 5_000 }, clock);
    const token = await signWithSecret({ ...CLAIMS, exp: NOW + 60 });
    const identity = await auth.verify(token);
    await clock.advance(64_000);
    expect(await auth.verify(token)).toBe(identity);
    await clock.advance(1_000);
    await expect(auth.verify(token)).rejects.toEqual(refused("token_expired", /expired/));
  });

  it("is verified again where it was refused", async () => {
    const clock = clockAtNow();
    const early = authenticator({ jwtSecret: SECRET }, clock);
    const token = await signWithSecret({ ...CLAIMS, nbf: NOW + 10 });
    await expect(early.verify(token)).rejects.toEqual(refused("unauthorized", /nbf/));
    await clock.advance(10_000);
    await expect(early.verify(token)).resolves.toBeDefined();
  });
});

describe("a token verified with a public key", () => {
  const pemOf = ({ jwk }: Signer) =>
    createPublicKey({ key: { ...jwk }, format: "jwk" }).export({ type: "spki", format: "pem" });
  let rsa: Signer;
  let pem: string;

  beforeAll(async () => {
    rsa = await signer("RS256");
    pem = String(pemOf(rsa));
  });

  it("is taken from the private half", async () => {
    const auth = authenticator({ jwtPublicKey: pem });
    await expect(auth.verify(await rsa.sign(CLAIMS))).resolves.toMatchObject({ user: "alice" });
    const other = await signer("RS256");
    await expect(auth.verify(await other.sign(CLAIMS))).rejects.toEqual(
      refused("unauthorized", /signature is wrong/),
    );
  });

  it("is verified once, however many sessions bring it at a time, and not past its end", async () => {
    const clock = clockAtNow();
    const remembering = authenticator({ jwtPublicKey: pem }, clock);
    const token = await rsa.sign({ ...CLAIMS, exp: NOW + 60 });
    const [first, ...others] = await Promise.all(
      Array.from({ length: 5 }, () => remembering.verify(token)),
    );
    await clock.advance(59_000);
    for (const identity of [...others, await remembering.verify(token)]) {
      expect(identity).toBe(first);
    }
    await clock.advance(1_000);
    await expect(remembering.verify(token)).rejects.toEqual(refused("token_expired", /expired/));
    expect(clock.pending).toBe(0);
  });

  it.each<readonly [string, () => string | Uint8Array]>([
    ["its text", () => pem],
    ["its text without the last line break", () => pem.trim()],
    ["its JSON Web Key", () => JSON.stringify(rsa.jwk)],
    ["its bytes", () => createPublicKey(pem).export({ type: "spki", format: "der" })],
  ])("is refused where it was signed with %s as a secret", async (_, secret) => {
    const forged = await signWithSecret(CLAIMS, secret());
    await expect(authenticator({ jwtPublicKey: pem }).verify(forged)).rejects.toEqual(
      refused("unauthorized", /not accepted; RS256, .*PS512 are$/),
    );
    // Not even where somebody configured it so.
    const asked = { jwtPublicKey: pem, jwtAlgorithms: ["HS256", "RS256"] };
    await expect(authenticator(asked).verify(forged)).rejects.toEqual(
      refused("unauthorized", /not accepted; RS256 are$/),
    );
  });

  it("is refused without a signature", async () => {
    const unsecured = new UnsecuredJWT({ ...CLAIMS }).encode();
    await expect(authenticator({ jwtPublicKey: pem }).verify(unsecured)).rejects.toEqual(
      refused("unauthorized", /not accepted/),
    );
  });

  it.each(["RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"])(
    "may be %s, in PEM and as a JSON Web Key",
    async (alg) => {
      const key = await signer(alg);
      const token = await key.sign(CLAIMS);
      for (const jwtPublicKey of [String(pemOf(key)), JSON.stringify(key.jwk)]) {
        await expect(authenticator({ jwtPublicKey }).verify(token)).resolves.toBeDefined();
        const oneLine = jwtPublicKey.replaceAll("\n", "\\n");
        const auth = authenticator({ jwtPublicKey: oneLine });
        await expect(auth.verify(token)).resolves.toBeDefined();
      }
    },
  );

  const inPem = ({ publicKey }: KeyPairKeyObjectResult) =>
    String(publicKey.export({ type: "spki", format: "pem" }));
  it.each<readonly [string, () => string, RegExp]>([
    [
      "RSA of 1024 bits",
      () => inPem(generateKeyPairSync("rsa", { modulusLength: 1_024 })),
      /too few bits.*2048/,
    ],
    [
      "a curve that tokens do not take",
      () => inPem(generateKeyPairSync("ec", { namedCurve: "secp256k1" })),
      /ec secp256k1.*P-256/,
    ],
    ["X25519", () => inPem(generateKeyPairSync("x25519")), /x25519/],
    ["a secret", () => JSON.stringify({ kty: "oct", k: "YQ" }), /./],
    ["nonsense", () => "nonsense", /./],
  ])("cannot be: the key is %s, which is said at once", (_, key, message) => {
    expect(() => authenticator({ jwtPublicKey: key() })).toThrow(message);
  });

  it("cannot be where no configured algorithm goes with the key, which is said at once", () => {
    expect(() => authenticator({ jwtPublicKey: pem, jwtAlgorithms: ["ES256"] })).toThrow(/ES256/);
  });
});

it("cannot be verified with nothing, which is said at once", () => {
  expect(() => authenticator({})).toThrow(/secret, a public key or a JWKS URL/);
});

it("whose roles cannot be read are said at once", () => {
  const roles = { customer: [{ keys: `[${"$"}{sub}]` }] };
  expect(() => authenticator({ jwtSecret: SECRET, roles })).toThrow(/"customer".*class/);
});
