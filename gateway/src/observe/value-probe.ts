import type { Instruments } from "./instruments.js";

/** What reading values, and expiring keys on time, has done so far, read when metrics are asked for. */
export interface ValueProbe {
  readonly values: {
    readonly remembered: number;
    readonly read: number;
    readonly truncated: number;
    readonly failed: number;
    readonly snapshots: number;
    readonly reading: number;
    readonly cacheBytes: number;
  };
  readonly expiry: {
    readonly watched: number;
    readonly touched: number;
    readonly extended: number;
    readonly dropped: number;
    readonly failed: number;
  };
}

export function probeValues(instruments: Instruments, probe: () => ValueProbe): void {
  instruments.count(
    "value_reads_total",
    "Values by what became of them: remembered ones took no read, truncated ones were too large",
    () => {
      const { remembered, read, truncated, failed } = probe().values;
      return { remembered, read, truncated, failed };
    },
    "outcome",
  );
  instruments.count("snapshots_total", "Snapshots taken", () => probe().values.snapshots);
  instruments.gauge("value_keys_reading", "Keys that are read or wait to be", () => {
    return probe().values.reading;
  });
  instruments.gauge("value_cache_bytes", "Bytes of values that are kept, roughly", () => {
    return probe().values.cacheBytes;
  });
  instruments.gauge("expiry_keys_watched", "Keys that are touched when they are due", () => {
    return probe().expiry.watched;
  });
  instruments.count(
    "expiry_keys_total",
    "Keys touched when they were due, those of them whose time was extended, and those that were left to Redis because too many were watched (dropped) or it could not be asked (failed)",
    () => {
      const { touched, extended, dropped, failed } = probe().expiry;
      return { touched, extended, dropped, failed };
    },
    "outcome",
  );
}
