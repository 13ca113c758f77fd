import { LoadedLibrary } from "./host/loaded-library.js";
import { quickJs } from "./host/wasm.js";
import {
  DEFAULT_LIMITS,
  type EnginePorts,
  type Library,
  LibraryError,
  type LibraryOptions,
} from "./ports.js";
import { parsePrologue, withoutMark } from "./prologue.js";

/**
 * Loads a library into a sandbox of its own.
 *
 * @param source the whole text, its prologue included
 * @throws LibraryError where it is no library: its line, what is wrong and what would be right
 */
export async function openLibrary(
  source: string,
  options: LibraryOptions,
  ports: EnginePorts,
): Promise<Library> {
  const prologue = parsePrologue(source);
  const program = {
    file: ports.program,
    wasm: await quickJs(),
    name: prologue.name,
    source: withoutMark(source),
    configuration: configurationText(options.configuration),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  };
  return LoadedLibrary.open(prologue, program, ports, () => options.compiled?.(prologue));
}

function configurationText(configuration: unknown = {}): string {
  if (
    typeof configuration === "object" &&
    configuration !== null &&
    !Array.isArray(configuration)
  ) {
    return JSON.stringify(configuration);
  }
  throw new LibraryError("configuration", "a library's configuration has to be a JSON object");
}
