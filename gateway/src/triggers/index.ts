export { Commander } from "./commands/commander.js";
export { openLibrary } from "./engine/open-library.js";
export * from "./engine/ports.js";
