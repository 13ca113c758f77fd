export { type RedisCluster, startCluster } from "./cluster.js";
export { type Collection, collect } from "./collect.js";
export { type TempFolder, tempFolder } from "./folder.js";
export { type Gateway, type GatewayOptions, type LogLine, startGateway } from "./gateway.js";
export { type Monitor, startMonitor } from "./monitor.js";
export { type ReservedPort, reservePort } from "./ports.js";
export { type Exit, type Program, type Running, run } from "./process.js";
export { chromiumProgram, optionalProgram, redisProgram } from "./program.js";
export { type FaultProxy, startProxy } from "./proxy.js";
export { type RabbitMq, startRabbitMq } from "./rabbitmq.js";
export {
  failOver,
  type RedisOptions,
  type StandaloneRedis,
  startPair,
  startRedis,
} from "./redis.js";
export { disconnected, type RedisNode } from "./redis-node.js";
export { hold, releaseAll } from "./resources.js";
export { type SentinelRedis, startSentinel } from "./sentinel.js";
export { slotOf } from "./slot.js";
export { mintToken, TEST_SECRET, type TestGrant, type TokenOptions } from "./token.js";
export { type WaitOptions, waitFor } from "./wait.js";
