export { Pages } from "./pages.js";
export type { Caller, HttpPorts } from "./ports.js";
export { routes } from "./routes.js";
