import { streamOutput } from "./cli/output.js";
import { run } from "./cli/run.js";

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // `keywire … | head`: whoever read us has gone, and that is how pipes end.
  if (error.code === "EPIPE") process.exit();
  // The terminal was closed: SIGHUP tells so, and whoever runs ends in order.
  if (error.code !== "EIO") throw error;
});

const code = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: streamOutput(process.stdout, process.env),
  stderr: streamOutput(process.stderr, process.env),
});
// Not every system's pipes are written at once, and a start that failed half-way may leave
// connections behind that would keep the process.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((written) => stream.write("", () => written()));
}
process.exit(code);
