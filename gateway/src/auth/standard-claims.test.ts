import { describe, expect, it } from "vitest";
import { assertStandard } from "./standard-claims.js";

const CLAIMS = { sub: "alice", exp: 1_780_000_000 };

describe("the claims of every token", () => {
  it.each([{}, { iat: 0, jti: "" }, { iat: -1.5, jti: "t1" }, { sub: "\u{1f600}" }, { more: 1 }])(
    "may be %j beside the others",
    (claims) => expect(() => assertStandard({ ...CLAIMS, ...claims })).not.toThrow(),
  );

  const sub = `the token's "sub" must be text that names the user`;
  const [exp, iat] = ["exp", "iat"].map(
    (name) => `the token's "${name}" must be a number of seconds`,
  );
  const jti = `the token's "jti" must be text`;
  it.each([
    [{ sub: undefined }, sub],
    [{ sub: "" }, sub],
    [{ sub: "\ud83d" }, sub],
    [{ sub: ["alice"] }, sub],
    [{ exp: undefined }, exp],
    [{ exp: "1" }, exp],
    [{ exp: Number.POSITIVE_INFINITY }, exp],
    [{ iat: null }, iat],
    [{ iat: Number.NEGATIVE_INFINITY }, iat],
    [{ jti: 7 }, jti],
    [{ jti: null }, jti],
    [{ jti: "\ude00" }, jti],
    [{ sub: 1, exp: 1, iat: "", jti: 1 }, `${sub}; ${iat}; ${jti}`],
  ])("may not be %j, which is said", (claims, message) => {
    expect(() => assertStandard({ ...CLAIMS, ...claims })).toThrow(
      expect.objectContaining({ code: "unauthorized", message }),
    );
  });
});
