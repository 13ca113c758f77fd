import { describe, expect, it } from "vitest";
import { parseBrokerUrl } from "./broker-url.js";

describe("a broker's address", () => {
  it.each([
    [
      "amqp://user:p%40ss@broker.example",
      { hostname: "broker.example", port: 5_672, username: "user", password: "p@ss", vhost: "/" },
    ],
    ["amqp://u:p@[::1]:5673/a%2Fb", { hostname: "::1", port: 5_673, vhost: "a/b" }],
    [
      "amqps://u:p@broker.example/v",
      { port: 5_671, vhost: "v", tls: { servername: "broker.example" } },
    ],
    // RFC 6066, 3: no name is sent for an address.
    ["amqps://u:p@127.0.0.1", { hostname: "127.0.0.1", tls: {} }],
  ])("%s", (url, address) => {
    expect(parseBrokerUrl(url)).toMatchObject(address);
  });
});
