import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guard } from "./guardian.js";
import { hold } from "./resources.js";

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** A new folder under the system's temp folder that is gone when the test is. */
export async function tempFolder(name: string): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `keywire-${name}-`));
  guard("made", path);
  const remove = hold(async () => {
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    guard("removed", path);
  });
  return { path, remove };
}
