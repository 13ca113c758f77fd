import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isUpToDate, openWorkshop, publish } from "./publish.mjs";

/** @type {string} */
let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keywire-publish-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/**
 * @param {string} inputs
 * @param {Readonly<Record<string, string>>} files
 */
function build(inputs, files) {
  const workshop = openWorkshop(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(workshop, name, ".."), { recursive: true });
    writeFileSync(join(workshop, name), content);
  }
  publish(folder, inputs, ["main.js"]);
}

/** @param {string} name */
const read = (name) => readFileSync(join(folder, name), "utf8");

it("is up to date while the inputs are the same and the files are there", () => {
  expect(isUpToDate(folder, "a")).toBe(false);
  build("a", { "main.js": "1", "chunks/x.js": "2" });
  expect(isUpToDate(folder, "a")).toBe(true);
  expect(isUpToDate(folder, "b")).toBe(false);
  rmSync(join(folder, "chunks/x.js"));
  expect(isUpToDate(folder, "a")).toBe(false);
});

it("replaces what it built before, and leaves what others built", () => {
  build("a", { "main.js": "1", "chunks/old.js": "2" });
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "public/index.html"), "another part's");
  build("b", { "main.js": "3", "chunks/new.js": "4" });
  expect(read("main.js")).toBe("3");
  expect(readdirSync(join(folder, "chunks"))).toEqual(["new.js"]);
  expect(read("public/index.html")).toBe("another part's");
});

it("shows nothing of a build that was given up", () => {
  build("a", { "main.js": "1" });
  writeFileSync(join(openWorkshop(folder), "main.js"), "half");
  expect(read("main.js")).toBe("1");
  build("b", { "main.js": "2" });
  expect(read("main.js")).toBe("2");
  expect(existsSync(join(folder, ".building"))).toBe(false);
});
