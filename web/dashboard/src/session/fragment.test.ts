import { describe, expect, it } from "vitest";
import { parseFragment } from "./fragment.js";

describe("parseFragment", () => {
  it("finds the token that the gateway printed", () => {
    expect(parseFragment("#token=aa.bb-_.cc")).toEqual({
      token: "aa.bb-_.cc",
      channels: [],
      path: null,
    });
  });

  it("takes channels along, encoded or not", () => {
    const { channels } = parseFragment("#token=a&channel=prefix:order:&channel=key%40*%3Aa%26b");
    expect(channels).toEqual(["prefix:order:", "key@*:a&b"]);
  });

  it("tells a page from a token", () => {
    expect(parseFragment("#/gateway")).toEqual({ token: null, channels: [], path: "/gateway" });
    expect(parseFragment("").path).toBeNull();
    expect(parseFragment("#token=").token).toBeNull();
  });
});
