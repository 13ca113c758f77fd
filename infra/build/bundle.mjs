import { join } from "node:path";
import { ROOT } from "../lib/root.mjs";

/** Loaded late: where nothing is to be built, it would be most of the time that it takes. */
const bundler = () => import("vite");

/** Workspace packages come from their sources, so the parts can be built in any order. */
const SOURCE = "keywire-source";

/**
 * A library for browsers and Node alike: one ES module, the project's own packages bundled in.
 *
 * @param {string} entry from the root
 * @param {string} outDir
 */
export async function bundleLibrary(entry, outDir) {
  const { build } = await bundler();
  await build({
    ...COMMON,
    resolve: { conditions: [SOURCE, "module", "browser", "development|production"] },
    build: {
      ...OUTPUT,
      outDir,
      target: "es2022",
      lib: { entry: join(ROOT, entry), formats: ["es"], fileName: "index" },
    },
  });
}

/**
 * Programs for Node: the project's own packages bundled in, those from npm left to Node.
 *
 * @param {Readonly<Record<string, string>>} entries output names and their sources, from the root
 * @param {string} outDir
 */
export async function bundlePrograms(entries, outDir) {
  const { build } = await bundler();
  const input = Object.fromEntries(
    Object.entries(entries).map(([name, source]) => [name, join(ROOT, source)]),
  );
  await build({
    ...COMMON,
    ssr: {
      target: "node",
      noExternal: [/^@keywire\//],
      resolve: { conditions: [SOURCE, "node", "development|production"] },
    },
    build: {
      ...OUTPUT,
      outDir,
      ssr: true,
      target: "node20",
      rolldownOptions: {
        input,
        output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
      },
    },
  });
}

/**
 * A page, by its own vite.config.ts.
 *
 * @param {string} root the page's folder, from the project's root
 * @param {string} outDir
 */
export async function bundlePage(root, outDir) {
  const { build } = await bundler();
  await build({
    root: join(ROOT, root),
    configFile: join(ROOT, root, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir, emptyOutDir: true },
  });
}

/** @type {import("vite").InlineConfig} */
const COMMON = { root: ROOT, configFile: false, publicDir: false, logLevel: "warn" };

/** @type {import("vite").BuildEnvironmentOptions} */
const OUTPUT = { emptyOutDir: true, sourcemap: true, minify: false, copyPublicDir: false };
