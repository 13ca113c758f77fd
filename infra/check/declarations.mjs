import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";
import { examples } from "./examples.mjs";

/** Of somebody who has the packages as they are published: built, without sources. */
const OPTIONS = {
  target: "es2023",
  lib: ["es2023", "dom", "dom.iterable"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
};

/**
 * Whether the documentation's examples compile against the declarations that the build wrote, and
 * these are whole and sound themselves.
 */
export async function declarationFaults() {
  // Below the root, so that the packages are found as a user's program would find them.
  const folder = mkdtempSync(join(ROOT, "node_modules/.keywire-examples-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const files = examples().map(({ from, code }, index) => {
    const name = `${from.replaceAll("/", "-")}-${index}.ts`;
    writeFileSync(join(folder, name), code);
    return name;
  });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, files }));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const code = await run(process.execPath, [compiler, "-p", folder]);
  remove();
  return code === 0 ? [] : [`exit code ${code}; see above`];
}
