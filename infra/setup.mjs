import { runMain } from "./lib/main.mjs";
import { setUp } from "./setup/set-up.mjs";

// `npm run setup`; with `-- --tests` it also provides what `npm test` needs.
await runMain(async () => {
  await setUp({ tests: process.argv.includes("--tests") });
  console.log("Everything is there.");
});
