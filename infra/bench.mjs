import { join } from "node:path";
import { Fault, runMain } from "./lib/main.mjs";
import { endWithNpm } from "./lib/parent.mjs";
import { ROOT } from "./lib/root.mjs";
import { run } from "./lib/run.mjs";
import { setUp } from "./setup/set-up.mjs";

/** @typedef {typeof import("../e2e/bench/main.js")} Bench */

endWithNpm();
await runMain(async () => {
  await setUp({ tests: true });
  const code = await run(process.execPath, [join(ROOT, "infra/build.mjs")]);
  if (code !== 0) throw new Fault("Keywire could not be built; see above.");
  // Only now is it sure to be there.
  const { runnerImport } = await import("vite");
  /** @type {{ module: Bench }} */
  const { module } = await runnerImport(join(ROOT, "e2e/bench/main.ts"), { root: ROOT });
  if (!(await module.main(process.argv.slice(2)))) process.exitCode = 1;
});
