import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { VirtualClock } from "@keywire/shared/testing";
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Authenticator, type TokenSettings } from "./tokens.js";

const SECRET = "a secret of at least thirty-two bytes";
const NOW = 1_780_000_000;
const claims: JWTPayload = {
  sub: "alice",
  exp: NOW + 60,
  iat: NOW - 1,
  keywire: { grants: [{ keys: "a*" }] },
};

function authenticator(settings: Partial<TokenSettings>, clock = new VirtualClock(NOW * 1_000)) {
  return new Authenticator(
    {
      jwtSecret: undefined,
      jwtPublicKey: undefined,
      jwtJwksUrl: undefined,
      jwtAlgorithms: undefined,
      jwtIssuer: undefined,
      jwtAudience: undefined,
      jwtClockTolerance: 0,
      jwtClaim: "keywire",
      roles: undefined,
      ...settings,
    },
    clock,
  );
}

const hs256 = (payload: JWTPayload, secret: string | Uint8Array = SECRET, alg = "HS256") =>
  new SignJWT(payload)
    .setProtectedHeader({ alg })
    .sign(typeof secret === "string" ? new TextEncoder().encode(secret) : secret);

const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("with a secret", () => {
  const auth = authenticator({ jwtSecret: SECRET });

  it("tells who a good token speaks for, and until when", async () => {
    const identity = await auth.verify(await hs256({ ...claims, jti: "t1" }));
    expect(identity).toMatchObject({
      user: "alice",
      tokenId: "t1",
      issuedAt: (NOW - 1) * 1_000,
      expires: (NOW + 60) * 1_000,
      admin: false,
    });
    expect(identity.grants).toHaveLength(1);
  });

  it.each([
    [
      "a wrong signature",
      () => hs256(claims, "another secret of thirty-two bytes!!"),
      "unauthorized",
      /signature/,
    ],
    ["no signature", async () => new UnsecuredJWT(claims).encode(), "unauthorized", /./],
    ["what is no token", async () => "nonsense", "unauthorized", /no signed JWT/],
    ["an expired token", () => hs256({ ...claims, exp: NOW - 1 }), "token_expired", /expired/],
    ["a token not yet valid", () => hs256({ ...claims, nbf: NOW + 60 }), "unauthorized", /nbf/],
    ["a token without exp", () => hs256({ sub: "alice" }), "unauthorized", /exp/],
    ["a token without sub", () => hs256({ exp: NOW + 60 }), "unauthorized", /sub/],
    ["a token with an empty sub", () => hs256({ ...claims, sub: "" }), "unauthorized", /sub/],
    [
      "malformed grants",
      () => hs256({ ...claims, keywire: { grants: [{}] } }),
      "unauthorized",
      /grants/,
    ],
  ])("refuses %s", async (_, token, code, message) => {
    await expect(auth.verify(await token())).rejects.toEqual(refused(code, message));
  });

  it("checks issuer and audience where they are configured", async () => {
    const strict = authenticator({ jwtSecret: SECRET, jwtIssuer: "me", jwtAudience: "you" });
    await expect(
      strict.verify(await hs256({ ...claims, iss: "me", aud: "you" })),
    ).resolves.toBeDefined();
    await expect(strict.verify(await hs256({ ...claims, iss: "me", aud: "they" }))).rejects.toEqual(
      refused("unauthorized", /aud/),
    );
    await expect(strict.verify(await hs256({ ...claims, aud: "you" }))).rejects.toEqual(
      refused("unauthorized", /iss/),
    );
  });

  it("accepts the configured algorithms alone", async () => {
    const one = authenticator({ jwtSecret: SECRET, jwtAlgorithms: ["HS512"] });
    await expect(one.verify(await hs256(claims))).rejects.toEqual(refused("unauthorized", /HS512/));
    await expect(one.verify(await hs256(claims, SECRET, "HS512"))).resolves.toBeDefined();
  });

  it("allows the issuer's clock to be off by the tolerance", async () => {
    const lenient = authenticator({ jwtSecret: SECRET, jwtClockTolerance: 5_000 });
    await expect(lenient.verify(await hs256({ ...claims, exp: NOW - 4 }))).resolves.toBeDefined();
    await expect(lenient.verify(await hs256({ ...claims, exp: NOW - 6 }))).rejects.toEqual(
      refused("token_expired", /expired/),
    );
  });

  it("remembers a good token, and not past its end", async () => {
    const clock = new VirtualClock(NOW * 1_000);
    const remembering = authenticator({ jwtSecret: SECRET }, clock);
    const token = await hs256(claims);
    expect(await remembering.verify(token)).toBe(await remembering.verify(token));
    await clock.advance(60_001);
    await expect(remembering.verify(token)).rejects.toEqual(refused("token_expired", /expired/));
  });
});

describe("with a public key", () => {
  let pem: string;
  let sign: (payload: JWTPayload) => Promise<string>;

  beforeAll(async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    pem = await exportSPKI(publicKey);
    sign = (payload) => new SignJWT(payload).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
  });

  it("takes what its private half signed", async () => {
    await expect(
      authenticator({ jwtPublicKey: pem }).verify(await sign(claims)),
    ).resolves.toBeDefined();
  });

  it("refuses HS256 signed with the public key's own text", async () => {
    const forged = await hs256(claims, pem);
    await expect(authenticator({ jwtPublicKey: pem }).verify(forged)).rejects.toEqual(
      refused("unauthorized", /algorithm is not accepted/),
    );
  });

  it("takes a JSON Web Key, and EC and Ed25519 keys, each with its own algorithm", async () => {
    for (const alg of ["ES256", "ES384", "EdDSA"]) {
      const pair = await generateKeyPair(alg, { extractable: true });
      const key = JSON.stringify(await exportJWK(pair.publicKey));
      const token = await new SignJWT(claims).setProtectedHeader({ alg }).sign(pair.privateKey);
      await expect(authenticator({ jwtPublicKey: key }).verify(token)).resolves.toBeDefined();
    }
  });

  it("says at once where no configured algorithm goes with the key", () => {
    expect(() => authenticator({ jwtPublicKey: pem, jwtAlgorithms: ["ES256"] })).toThrow(/ES256/);
  });
});

describe("with keys behind a URL", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  async function publish(keys: () => unknown[]): Promise<{ url: string; fetches: () => number }> {
    let fetches = 0;
    server = createServer((_, response) => {
      fetches++;
      response.setHeader("Content-Type", "application/json").end(JSON.stringify({ keys: keys() }));
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/jwks`, fetches: () => fetches };
  }

  async function keyPair(kid: string) {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = { ...(await exportJWK(publicKey)), kid, alg: "ES256" };
    const sign = (payload: JWTPayload) =>
      new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid }).sign(privateKey);
    return { jwk, sign };
  }

  it("follows their rotation, and refuses a key that nobody knows without asking for it each time", async () => {
    const [old, fresh, unknown] = [await keyPair("old"), await keyPair("new"), await keyPair("?")];
    const keys = [old.jwk];
    const { url, fetches } = await publish(() => keys);
    const auth = authenticator({ jwtJwksUrl: url });
    await expect(auth.verify(await old.sign(claims))).resolves.toBeDefined();
    expect(fetches()).toBe(1);

    const token = await fresh.sign(claims);
    for (let times = 0; times < 5; times++) {
      await expect(auth.verify(token)).rejects.toEqual(refused("unauthorized", /no key/));
    }
    expect(fetches()).toBe(1);

    keys.splice(0, 1, fresh.jwk);
    await expect
      .poll(
        () =>
          auth.verify(token).then(
            ({ user }) => user,
            () => "refused",
          ),
        { timeout: 5_000 },
      )
      .toBe("alice");
    await expect(auth.verify(await unknown.sign(claims))).rejects.toEqual(
      refused("unauthorized", /no key/),
    );
    await expect(auth.verify(await hs256(claims))).rejects.toEqual(refused("unauthorized", /./));
  });

  it("says that they cannot be had, which is no fault of the token", async () => {
    const pair = await keyPair("k");
    const { url } = await publish(() => [pair.jwk]);
    await new Promise((resolve) => server?.close(resolve));
    await expect(
      authenticator({ jwtJwksUrl: url }).verify(await pair.sign(claims)),
    ).rejects.toEqual(refused("unavailable", /cannot be fetched/));
  });
});
