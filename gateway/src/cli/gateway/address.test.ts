import { expect, it } from "vitest";
import { parseGatewayAddress } from "./address.js";

it.each([
  ["http://127.0.0.1:8080", "ws://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["https://gateway.example/", "wss://gateway.example", "https://gateway.example"],
  ["wss://gateway.example/v1/ws", "wss://gateway.example", "https://gateway.example"],
  ["https://example.com/keywire/", "wss://example.com/keywire", "https://example.com/keywire"],
  ["https://example.com/keywire?x=1", "wss://example.com/keywire", "https://example.com/keywire"],
])("%s is reached at %s, its admin API at %s", (text, socket, admin) => {
  expect(parseGatewayAddress(text)).toEqual({
    socket: `${socket}/v1/ws`,
    admin: `${admin}/v1/admin/`,
    token: undefined,
  });
});

it("takes the dashboard's address with the token in its fragment", () => {
  expect(parseGatewayAddress("http://127.0.0.1:8080/#token=a.b-c_d.e")).toEqual({
    socket: "ws://127.0.0.1:8080/v1/ws",
    admin: "http://127.0.0.1:8080/v1/admin/",
    token: "a.b-c_d.e",
  });
});

it.each(["", "127.0.0.1:8080", "ftp://h", "redis://h", "/v1/ws"])("%j is none", (text) => {
  expect(parseGatewayAddress(text)).toBeUndefined();
});
