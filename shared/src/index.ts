export * from "./backoff.js";
export * from "./bytes.js";
export * from "./channel.js";
export * from "./clock.js";
export * from "./codes.js";
export * from "./covers.js";
export * from "./glob.js";
export * from "./messages.js";
