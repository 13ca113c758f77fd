export { Pages } from "./pages.js";
export type { AmqpDesk, Caller, HttpPorts } from "./ports.js";
export { routes } from "./routes.js";
