import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const FILE = "@jitl/quickjs-wasmfile-release-sync/wasm";

let compiled: Promise<WebAssembly.Module> | undefined;

/** QuickJS, compiled once and shared by all workers. */
export function quickJs(): Promise<WebAssembly.Module> {
  compiled ??= readFile(createRequire(import.meta.url).resolve(FILE)).then((bytes) =>
    WebAssembly.compile(bytes),
  );
  return compiled;
}
