export { openLibrary } from "../triggers/engine/open-library.js";
export type * from "../triggers/engine/ports.js";
export { LibraryError, LibraryFailure } from "../triggers/engine/ports.js";
export { openCommander } from "./open-commander.js";
