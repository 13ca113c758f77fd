import { createHmac, createSecretKey } from "node:crypto";
import { jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { Secret } from "./hmac.js";
import { CLAIMS, NOW, SECRET, signWithSecret } from "./testing/tokens.js";

const key = createSecretKey(SECRET, "utf8");
const ALL = ["HS256", "HS384", "HS512"];
const secret = new Secret(key, ALL);

describe("a token's signature", () => {
  it.each(ALL)("of %s is found to be right, as jose finds it", async (alg) => {
    const token = await signWithSecret(CLAIMS, SECRET, { alg });
    expect(secret.payloadOf(token)).toBe(token.split(".")[1]);
    const { payload } = await jwtVerify(token, key, { currentDate: new Date(NOW * 1_000) });
    expect(payload.sub).toBe(CLAIMS.sub);
  });

  it("is not, where anything is not as it should be", async () => {
    const token = await signWithSecret(CLAIMS);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const wrong = [
      "",
      ".",
      "..",
      header,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}=`,
      `${header}.${payload}.${signature.slice(0, -1)}`,
      `${header}.${encode({ ...CLAIMS, sub: "eve" })}.${signature}`,
      `${encode({ alg: "none" })}.${payload}.${signature}`,
      `${encode({ alg: "HS256", crit: ["b64"], b64: false })}.${payload}.${signature}`,
      `${token}.${signature}`,
      `bm90IGpzb24.${payload}.${signature}`,
      `bnVsbA.${payload}.${signature}`,
      await signWithSecret(CLAIMS, "another".repeat(9)),
    ];
    for (const one of wrong) expect([one, secret.payloadOf(one)]).toEqual([one, undefined]);
    expect(new Secret(key, ["HS512"]).payloadOf(token)).toBeUndefined();
  });

  it("stands behind two parts, no more and no less, whatever was signed", () => {
    const header = Buffer.from('{"alg":"HS256"}').toString("base64url");
    const signed = (text: string) =>
      `${text}.${createHmac("sha256", key).update(text).digest("base64url")}`;
    expect(secret.payloadOf(signed(`${header}.e30`))).toBe("e30");
    for (const text of [header, `${header}.e30.e30`, `${header}.e30.e30.e30`, ""]) {
      expect([text, secret.payloadOf(signed(text))]).toEqual([text, undefined]);
    }
  });

  it.each([{ alg: "HS256", crit: ["x"], x: 1 }, { alg: "HS256", b64: false }, ["HS256"], "HS256"])(
    "under the header %j is left to who knows all of them",
    (header) => {
      const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const signed = `${encode(header)}.${encode(CLAIMS)}`;
      const signature = createHmac("sha256", key).update(signed).digest("base64url");
      expect(secret.payloadOf(`${signed}.${signature}`)).toBeUndefined();
    },
  );
});
