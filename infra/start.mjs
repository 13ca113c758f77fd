import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Fault, runMain } from "./lib/main.mjs";
import { endWithNpm } from "./lib/parent.mjs";
import { ROOT } from "./lib/root.mjs";
import { run } from "./lib/run.mjs";
import { setUp } from "./setup/set-up.mjs";

const GATEWAY = join(ROOT, "gateway/bin/keywire.mjs");

endWithNpm();
await runMain(async () => {
  await setUp({ tests: false });
  // A process of its own: the bundler would leave its memory and its NODE_ENV to the gateway.
  const code = await run(process.execPath, [join(ROOT, "infra/build.mjs")]);
  if (code !== 0) throw new Fault("Keywire could not be built; see above.");
  // In this very process: signals need no forwarding, and nothing can outlive us.
  process.argv = [process.execPath, GATEWAY, "dev", ...process.argv.slice(2)];
  await import(pathToFileURL(GATEWAY).href);
});
