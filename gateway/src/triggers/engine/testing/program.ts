import { mkdirSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "vite";

const ENTRY = fileURLToPath(new URL("../sandbox/main.ts", import.meta.url));
const GATEWAY = dirname(createRequire(import.meta.url).resolve("../../../../package.json"));

let built: Promise<URL> | undefined;

/** The sandbox's program, built from its sources for tests; where npm's packages are found. */
export function sandboxProgram(): Promise<URL> {
  built ??= buildProgram();
  return built;
}

async function buildProgram(): Promise<URL> {
  const folder = join(GATEWAY, "node_modules/.keywire-sandbox");
  mkdirSync(folder, { recursive: true });
  const outDir = mkdtempSync(join(folder, "built-"));
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    ssr: { target: "node" },
    build: {
      outDir,
      ssr: true,
      target: "node20",
      minify: false,
      rolldownOptions: { input: { sandbox: ENTRY }, output: { entryFileNames: "[name].mjs" } },
    },
  });
  return pathToFileURL(join(outDir, "sandbox.mjs"));
}
