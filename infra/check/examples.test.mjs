import { expect, it } from "vitest";
import { exampleIn, examples, fences } from "./examples.mjs";

it("finds the TypeScript among a document's code", () => {
  const text = "a\n```ts\nconst a = 1;\n```\nb\n```sh\nls\n```\n```ts\nconst b = 2;\n```\n";
  expect(fences(text)).toEqual(["const a = 1;\n", "const b = 2;\n"]);
});

it("finds a comment's example", () => {
  const source =
    "/**\n * What it is.\n *\n * @example\n * const a = 1;\n *\n * a();\n */\nexport {};\n";
  expect(exampleIn(source)).toBe("const a = 1;\n\na();\n");
  expect(() => exampleIn("/** nothing */")).toThrow("no @example");
});

it("finds those that the project has", () => {
  const sources = examples().map(({ from }) => from);
  expect(sources).toContain("README.md");
  expect(sources).toContain("gateway/src/keyspace/index.ts");
});
