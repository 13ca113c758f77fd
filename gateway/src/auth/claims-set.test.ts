import { UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { checksOf, type Demands, readClaims } from "./claims-set.js";
import { CLAIM_TEXTS, ODD, objectOf } from "./testing/claims.js";
import { NOW } from "./testing/tokens.js";

const GOOD = Object.entries(CLAIM_TEXTS).map(([name, [[good]]]) => [name, good] as const);
const DEMANDS: readonly Demands[] = [undefined, "me"].flatMap((issuer) =>
  [undefined, "you"].flatMap((audience) =>
    [0, 4, 4.5].map((tolerance) => ({ issuer, audience, tolerance })),
  ),
);

/** Good claims but for one. */
function claimsWith(replaced: string, json: string | undefined): string {
  const texts = GOOD.map(([name, good]) => [name, name === replaced ? json : good] as const);
  return objectOf(texts.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])));
}

function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return String(error);
  }
}

function expectAsJose(encoded: string): void {
  for (const demands of DEMANDS) {
    for (const now of [0, 500, 999].map((ms) => NOW * 1_000 + ms)) {
      const token = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${encoded}.`;
      const jose = outcome(() => UnsecuredJWT.decode(token, checksOf(demands, now)).payload);
      const got = outcome(() => readClaims(encoded, demands, now));
      expect({ encoded, demands, now, got }).toEqual({ encoded, demands, now, got: jose });
    }
  }
}

describe("claims are read as jose reads them", () => {
  it.each(Object.entries(CLAIM_TEXTS))("whatever %s is", (name, [good, others]) => {
    for (const json of [undefined, ...ODD, ...good, ...others]) {
      expectAsJose(Buffer.from(claimsWith(name, json)).toString("base64url"));
    }
  });

  it("however they are encoded", () => {
    for (const more of ["", " ", "  "]) {
      const encoded = Buffer.from(claimsWith("jti", '">>>???"') + more).toString("base64url");
      expect(encoded).toMatch(/[-_]/);
      for (const end of ["", "=", "==", "A", "AA", " ", "\n", "+", ".", "\u0141"]) {
        expectAsJose(encoded + end);
      }
      for (const cut of [1, 2, 3]) expectAsJose(encoded.slice(0, -cut));
      expectAsJose(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    }
  });

  it("whatever they are a text of", () => {
    const claims = claimsWith("", "");
    for (const text of ["", "null", "1", "[]", `[${claims}]`, `\ufeff${claims}`, `${claims}}`]) {
      expectAsJose(Buffer.from(text).toString("base64url"));
    }
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xef, 0xbf, 0xbd]]) {
      const [before, behind] = claims.split("alice");
      const parts = [`${before}alice`, bytes, `${behind}`].map((part) =>
        Buffer.from(part as string),
      );
      expectAsJose(Buffer.concat(parts).toString("base64url"));
    }
  });
});
