import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";

/** Sources whose first comment holds an `@example` for who uses the package. */
const DOCUMENTED_SOURCES = ["gateway/src/keyspace/index.ts"];

/**
 * Every TypeScript example that the documentation gives.
 *
 * @returns {{ from: string, code: string }[]}
 */
export function examples() {
  const pages = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const documents = ["README.md", ...pages.map((name) => `docs/${name}`)];
  return [
    ...documents.flatMap((from) => fences(read(from)).map((code) => ({ from, code }))),
    ...DOCUMENTED_SOURCES.map((from) => ({ from, code: exampleIn(read(from)) })),
  ];
}

/** @param {string} path */
function read(path) {
  return readFileSync(join(ROOT, path), "utf8");
}

/** @param {string} markdown */
export function fences(markdown) {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

/** @param {string} source */
export function exampleIn(source) {
  const example = /^ \* @example\n(.*?)^ \*(?:\/| @)/ms.exec(source)?.[1];
  if (!example) throw new Error("the first comment has no @example");
  return example.replace(/^ \* ?/gm, "");
}
