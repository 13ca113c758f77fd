import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { addressOf, bearerToken, cookieOf, OriginPolicy } from "./request.js";

function request(headers: IncomingHttpHeaders, remoteAddress = "10.0.0.1"): IncomingMessage {
  // Only these two are looked at.
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

describe("the token of a header", () => {
  it.each([
    ["Bearer abc.def", "abc.def"],
    ["bearer   abc", "abc"],
    ["Basic abc", undefined],
    ["Bearer", undefined],
    ["Bearer a b", undefined],
    [undefined, undefined],
  ])("of %s is %s", (authorization, token) => {
    expect(bearerToken(request(authorization === undefined ? {} : { authorization }))).toBe(token);
  });
});

describe("origins", () => {
  const own = new OriginPolicy(undefined);
  const listed = new OriginPolicy(["https://app.example"]);

  it.each([
    [own, "http://gateway:8080", true],
    [own, "https://gateway:8080", true],
    [own, "http://gateway", false],
    [own, "http://gateway:8081", false],
    [own, "http://evil.example", false],
    [own, "null", false],
    [own, "http://gateway:8080.evil.example", false],
    [own, undefined, true],
    [listed, "https://app.example", true],
    [listed, "HTTPS://APP.EXAMPLE", true],
    [listed, "http://app.example", false],
    [listed, "https://app.example.evil", false],
    [listed, "http://gateway:8080", false],
    [listed, undefined, true],
  ])("%j: %s is allowed: %s", (policy, origin, allowed) => {
    const headers = { host: "gateway:8080", ...(origin === undefined ? {} : { origin }) };
    expect(policy.allows(request(headers))).toBe(allowed);
  });

  it.each([
    ["cross-site", false],
    ["same-site", false],
    ["same-origin", true],
    ["none", true],
  ])("without an origin goes by where a browser says that it comes from: %s", (site, allowed) => {
    for (const policy of [own, listed]) {
      expect(policy.allows(request({ host: "gateway", "sec-fetch-site": site }))).toBe(allowed);
    }
  });

  it("takes the default port of either scheme for the same as none", () => {
    expect(own.allows(request({ host: "gateway", origin: "https://gateway" }))).toBe(true);
    expect(own.allows(request({ host: "gateway:443", origin: "https://gateway" }))).toBe(true);
    expect(own.allows(request({ host: "gateway:80", origin: "http://gateway" }))).toBe(true);
  });
});

describe("addresses", () => {
  const forwarded = { "x-forwarded-for": "1.1.1.1, 2.2.2.2" };

  it("are the socket's own, whatever the client says", () => {
    expect(addressOf(request(forwarded), false)).toBe("10.0.0.1");
  });

  it.each([
    ["2.2.2.2:4711", "2.2.2.2"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:db8::1", "2001:db8::1"],
    ["unknown", "unknown"],
  ])("are a client's own, whichever port a proxy adds: %s", (last, address) => {
    expect(addressOf(request({ "x-forwarded-for": `1.1.1.1, ${last}` }), true)).toBe(address);
  });

  it("are what the proxy in front added, not what came before it", () => {
    expect(addressOf(request(forwarded), true)).toBe("2.2.2.2");
    expect(addressOf(request({}), true)).toBe("10.0.0.1");
    expect(addressOf(request({ "x-forwarded-for": " " }), true)).toBe("10.0.0.1");
  });

  it("are the same one whether it came over IPv4 or as IPv4 over IPv6", () => {
    expect(addressOf(request({}, "::ffff:10.0.0.1"), false)).toBe("10.0.0.1");
    expect(addressOf(request({}, "fe80::1"), false)).toBe("fe80::1");
  });
});

describe("cookies", () => {
  it.each([
    ["token=abc", "abc"],
    ["a=1; token=abc; b=2", "abc"],
    ["a=1;token=a=b=", "a=b="],
    ["xtoken=abc", undefined],
    ["", undefined],
  ])("%s holds %s", (cookie, value) => {
    expect(cookieOf(request({ cookie }), "token")).toBe(value);
  });
});
