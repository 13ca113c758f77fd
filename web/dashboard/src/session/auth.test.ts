import { base64UrlEncode, utf8Encode } from "@keywire/shared";
import { describe, expect, it } from "vitest";
import { Auth } from "./auth.js";

const NOW = 1_780_000_000_000;

function jwt(seconds: number): string {
  const payload = JSON.stringify({ sub: "ada", exp: NOW / 1_000 + seconds });
  return `e30.${base64UrlEncode(utf8Encode(payload))}.c2ln`;
}

function memory(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}

describe("Auth", () => {
  it("takes a token, blanks around it or not, and keeps it over a reload", () => {
    const storage = memory();
    new Auth(storage, () => NOW).signIn(` ${jwt(60)}\n`);
    const { value } = new Auth(storage, () => NOW).state;
    expect(value).toMatchObject({ kind: "in", token: jwt(60), claims: { user: "ada" } });
  });

  it("does not come back with a token that expired meanwhile, and says so", () => {
    const storage = memory();
    new Auth(storage, () => NOW).signIn(jwt(60));
    const { value } = new Auth(storage, () => NOW + 61_000).state;
    expect(value).toMatchObject({ kind: "out", reason: expect.stringContaining("expired") });
    expect(storage.length).toBe(0);
  });

  it("refuses what is no token, and says so", () => {
    const auth = new Auth(memory(), () => NOW);
    auth.signIn("hello");
    expect(auth.state.value).toMatchObject({ kind: "out", reason: expect.stringMatching(/JWT/) });
  });

  it("forgets the token on signing out", () => {
    const storage = memory();
    const auth = new Auth(storage, () => NOW);
    auth.signIn(jwt(60));
    auth.signOut();
    expect(auth.state.value).toEqual({ kind: "out", reason: null });
    expect(storage.length).toBe(0);
  });
});
