import { WireError } from "@keywire/shared";
import type { Claims } from "./roles.js";

/** The claims that every token has, or may have; times are seconds since the Unix epoch. */
export interface StandardClaims {
  readonly sub: string;
  readonly exp: number;
  readonly iat?: number | undefined;
  readonly jti?: string | undefined;
}

const FORMS: Readonly<Record<keyof StandardClaims, string>> = {
  sub: "text that names the user",
  exp: "a number of seconds",
  iat: "a number of seconds",
  jti: "text",
};

/** @throws WireError `unauthorized` naming the claims that are not of their form, and the form */
export function assertStandard(claims: Claims): asserts claims is Claims & StandardClaims {
  const { sub, exp, iat, jti } = claims;
  const isRight = {
    sub: isText(sub) && sub !== "",
    exp: Number.isFinite(exp),
    iat: iat === undefined || Number.isFinite(iat),
    jti: jti === undefined || isText(jti),
  };
  if (isRight.sub && isRight.exp && isRight.iat && isRight.jti) return;
  const names = Object.keys(FORMS) as (keyof StandardClaims)[];
  const faults = names.flatMap((name) =>
    isRight[name] ? [] : `the token's "${name}" must be ${FORMS[name]}`,
  );
  throw new WireError("unauthorized", faults.join("; "));
}

/** Half a surrogate pair is no text in UTF-8: a revocation could not name it to other gateways. */
const TEXT = /^\P{Surrogate}*$/u;

function isText(value: unknown): boolean {
  return typeof value === "string" && TEXT.test(value);
}
