import { expect, it } from "vitest";
import { queryOf, readQuery } from "./query.js";

it("a query goes on behind further question marks", () => {
  const query = readQuery(queryOf("/v1/sse?channel=pattern:user:?:x&channel=key:what?"));
  expect(query.getAll("channel")).toEqual(["pattern:user:?:x", "key:what?"]);
  expect(queryOf("/v1/sse")).toBe("");
});

it("a query is UTF-8; a percent sign alone stands for itself, as browsers send it", () => {
  expect(readQuery("channel=key:%C3%A4").get("channel")).toBe("key:ä");
  expect(readQuery("channel=key:100%").get("channel")).toBe("key:100%");
  for (const query of ["channel=key:%ff", "key=%C3", "key=%A4%C3"]) {
    expect(() => readQuery(query)).toThrow(expect.objectContaining({ code: "bad_request" }));
  }
});
