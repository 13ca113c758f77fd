import { describe, expect, it } from "vitest";
import { refusal } from "./admin-request.js";

describe("refusal", () => {
  it("repeats what the gateway said", () => {
    const body = { error: { code: "forbidden", message: "this needs an admin token" } };
    expect(refusal(403, body)).toMatchObject({
      code: "forbidden",
      message: "this needs an admin token",
    });
  });

  it("tells the line of a source that it is about", () => {
    const body = { error: { code: "bad_request", message: "unexpected token", line: 3 } };
    expect(refusal(400, body).line).toBe(3);
    expect(refusal(400, { error: { ...body.error, line: null } }).line).toBeNull();
  });

  it.each([null, "gone", {}, { error: null }, { error: { message: 7 } }])(
    "makes do with the status where the answer is %j",
    (body) => {
      expect(refusal(502, body)).toMatchObject({
        code: "http_502",
        message: "The gateway answered with the status 502.",
      });
    },
  );
});
