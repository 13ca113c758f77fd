export { HttpRefusal } from "./errors.js";
export { Pages } from "./pages.js";
export type { AmqpDesk, Caller, HttpPorts, LibraryDesk } from "./ports.js";
export { routes } from "./routes.js";
