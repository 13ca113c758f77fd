import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, it } from "vitest";

/** Bytes of the client, minified and compressed, with everything it needs. */
const LIMIT = 6_000;

it("the whole client is under 6 kB, minified and compressed", async () => {
  const code = await bundle(fileURLToPath(new URL("./index.ts", import.meta.url)));
  const size = gzipSync(code, { level: 9 }).length;
  console.info(`@keywire/client: ${code.length} bytes minified, ${size} compressed`);
  expect(size).toBeGreaterThan(1_000);
  expect(size).toBeLessThan(LIMIT);
});

async function bundle(entry: string): Promise<string> {
  const output = await build({
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["keywire-source"] },
    build: {
      write: false,
      target: "es2022",
      lib: { entry, formats: ["es"] },
      // Vite itself leaves the white space in a library.
      rolldownOptions: { output: { minify: true } },
    },
  });
  const [result] = Array.isArray(output) ? output : [output];
  if (result === undefined || !("output" in result)) throw new Error("Vite built nothing");
  return result.output.map((chunk) => (chunk.type === "chunk" ? chunk.code : "")).join("");
}
