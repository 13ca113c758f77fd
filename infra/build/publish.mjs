import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Notes in an output folder what it was built from, and which files it got. */
const NOTE = ".built.json";
/** Half-built output stands in the output folder itself: renaming never leaves the file system. */
const WORKSHOP = ".building";

/**
 * @typedef {object} Note
 * @property {string} inputs the fingerprint
 * @property {string[]} files
 */

/**
 * @param {string} folder
 * @param {string} inputs
 */
export function isUpToDate(folder, inputs) {
  const note = readNote(folder);
  return note?.inputs === inputs && note.files.every((file) => existsSync(join(folder, file)));
}

/**
 * An empty folder to build into. The caller holds the build's lock: what stands there is left
 * over from a run that was killed.
 *
 * @param {string} folder
 */
export function openWorkshop(folder) {
  const workshop = join(folder, WORKSHOP);
  rmSync(workshop, { recursive: true, force: true });
  mkdirSync(workshop, { recursive: true });
  return workshop;
}

/**
 * Puts what was built in place, file by file, so that whoever runs the output meanwhile always
 * finds whole files: those with a hash in their names first, those that name them last; then
 * removes what the previous build had and this one has not.
 *
 * @param {string} folder
 * @param {string} inputs
 * @param {readonly string[]} entries files that name others
 */
export function publish(folder, inputs, entries) {
  const workshop = join(folder, WORKSHOP);
  const previous = readNote(folder)?.files ?? [];
  const files = filesIn(workshop);
  const order = [...files.filter((file) => !entries.includes(file)), ...entries];
  for (const file of order) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    renameSync(join(workshop, file), join(folder, file));
  }
  for (const file of previous)
    if (!files.includes(file)) rmSync(join(folder, file), { force: true });
  writeFileSync(join(workshop, NOTE), JSON.stringify({ inputs, files }));
  renameSync(join(workshop, NOTE), join(folder, NOTE));
  rmSync(workshop, { recursive: true });
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/**
 * @param {string} folder
 * @returns {Note | undefined}
 */
function readNote(folder) {
  const path = join(folder, NOTE);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
