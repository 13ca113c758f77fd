export { createLog, type Log, type LogFields, type LogLevel, type LogOptions } from "./log.js";
export { type Figures, type LimitName, Metrics, type TransportName } from "./metrics.js";
export { MetricsOfAll } from "./metrics-of-all.js";
export { MOST_LIBRARIES, type StateProbe } from "./state-probe.js";
