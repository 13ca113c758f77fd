export { EventClasses } from "./amqp/classes.js";
export { Configuration } from "./amqp/configuration.js";
export { feedsOf } from "./amqp/feeds.js";
export { Forwarder, type ForwarderReport, type ForwarderStatus } from "./amqp/forwarder.js";
export type { LossReason } from "./amqp/losses.js";
export type { ForwarderSettings } from "./amqp/ports.js";
export { rabbitLinks } from "./amqp/rabbit-link.js";
export { RedisConfiguration } from "./amqp/redis-configuration.js";
export { RedisFallback } from "./amqp/redis-fallback.js";
