import { expect, it } from "vitest";
import { parseGatewayAddress } from "./address.js";

it.each([
  ["http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"],
  ["https://gateway.example/", "wss://gateway.example/v1/ws"],
  ["wss://gateway.example/v1/ws", "wss://gateway.example/v1/ws"],
  ["https://example.com/keywire/", "wss://example.com/keywire/v1/ws"],
  ["https://example.com/keywire?x=1", "wss://example.com/keywire/v1/ws"],
])("%s is reached at %s", (text, socket) => {
  expect(parseGatewayAddress(text)).toEqual({ socket, token: undefined });
});

it("takes the dashboard's address with the token in its fragment", () => {
  expect(parseGatewayAddress("http://127.0.0.1:8080/#token=a.b-c_d.e")).toEqual({
    socket: "ws://127.0.0.1:8080/v1/ws",
    token: "a.b-c_d.e",
  });
});

it.each(["", "127.0.0.1:8080", "ftp://h", "redis://h", "/v1/ws"])("%j is none", (text) => {
  expect(parseGatewayAddress(text)).toBeUndefined();
});
