import { describe, expect, it } from "vitest";
import { readRequest } from "./request.js";

const ENV = { KEYWIRE_TOKEN: "t" };
const read = (...argv: string[]) => readRequest({ argv, env: ENV });

describe("the command line of keywire libraries", () => {
  it("takes a file, its configuration, and whether it replaces", () => {
    const request = read("load", "-", "--replace", "--config", '{"limit":10}');
    expect(request).toMatchObject({
      ...{ action: "load", words: ["-"] },
      options: { replace: true, config: '{"limit":10}' },
    });
  });

  it("takes a function with its keys in their order, and arguments behind --", () => {
    const { words, options } = read("call", "l", "f", "--key", "a", "--key", "b", "--", "--key");
    expect([words, options.key]).toEqual([
      ["l", "f", "--key"],
      ["a", "b"],
    ]);
  });

  it.each([
    [[], "nothing is asked for"],
    [["lod", "x"], "did you mean load"],
    [["load"], "load takes a file"],
    [["list", "a", "b"], "list takes no more than a library's name"],
    [["delete"], "delete takes a library's name"],
    [["call", "l"], "call takes a library's name and a function's"],
    [["load", "x", "--config", "[1]"], "--config takes a JSON object"],
    [["list", "--verbosity", "4"], '--verbosity is "4"; it takes 0 to 3'],
    [["list", "--replace"], "--replace goes with load alone"],
    [["list", "--key", "x"], "--key goes with call alone"],
    [["list", "--withcod"], "did you mean --withcode"],
  ])("%j is refused: %s", (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });

  it("needs an address and a token", () => {
    const bare = () => readRequest({ argv: ["list", "--url", "redis://x"], env: {} });
    expect(bare).toThrow("is no gateway's address");
    expect(() => readRequest({ argv: ["list"], env: {} })).toThrow("there is no token");
    expect(() =>
      readRequest({ argv: ["list", "--url", "http://h/#token=a.b.c"], env: {} }),
    ).not.toThrow();
  });
});
