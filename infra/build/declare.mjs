import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../lib/root.mjs";
import { run } from "../lib/run.mjs";

/**
 * Writes the type declarations of a part beside its output. Whether the types hold is the checks'
 * business, so this does not check them again.
 *
 * @param {string} entry from the root
 * @param {string} outDir
 */
export async function declare(entry, outDir) {
  const sources = dirname(entry);
  const scratch = mkdtempSync(join(outDir, ".types-"));
  const config = join(scratch, "tsconfig.json");
  writeFileSync(config, JSON.stringify(configFor(entry, scratch)));
  const code = await run(process.execPath, [
    join(ROOT, "node_modules/typescript/bin/tsc"),
    "-p",
    config,
  ]);
  if (code !== 0) throw new Error(`the type declarations of ${entry} could not be written`);
  rmSync(config);
  // Those of packages that it imports are written too, and left to these packages.
  for (const file of declarationsIn(join(scratch, sources))) {
    const target = join(outDir, relative(join(scratch, sources), file));
    mkdirSync(dirname(target), { recursive: true });
    renameSync(file, target);
  }
  rmSync(scratch, { recursive: true });
}

/**
 * @param {string} entry
 * @param {string} outDir
 */
function configFor(entry, outDir) {
  return {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: ROOT,
      outDir,
      types: ["node"],
    },
    files: [join(ROOT, entry)],
    include: [],
  };
}

/** @param {string} folder */
function declarationsIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
