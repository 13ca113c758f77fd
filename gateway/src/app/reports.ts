import { type Clock, CloseCode } from "@keywire/shared";
import type { HubReport } from "../hub/index.js";
import type { KeyspaceReport } from "../keyspace/index.js";
import type { LeaseReport, Missed } from "../lease/index.js";
import { type Log, type Metrics, MOST_LIBRARIES } from "../observe/index.js";
import type { SessionReport } from "../session/ports.js";
import type { EngineReport, TriggersReport } from "../triggers/index.js";
import { NowAndThen } from "./now-and-then.js";

/** What the rooms tell, as log lines and figures: the core reports, here it is decided what is said. */

export function reportKeyspace(report: KeyspaceReport, log: Log, metrics: Metrics): void {
  const { event, node, message } = report;
  const fields = node === undefined ? {} : { node };
  switch (event) {
    case "node_up":
    case "topology":
      log.info(message, fields);
      break;
    case "node_down":
      metrics.nodeLinksLost.add(node ?? "");
      log.warn(`a Redis node was lost: ${message}`, fields);
      break;
    default:
      log.warn(message, fields);
  }
}

/** @param delivered told when the oldest of what a channel just handed out happened */
export function hubReport(
  log: Log,
  metrics: Metrics,
  delivered: (since: number) => void,
  clock: Clock,
): HubReport {
  // Where Redis refuses a value, it does so for each event.
  const faults = new NowAndThen(() => clock.now());
  return {
    received: () => metrics.eventsReceived.add(),
    delivered: (messages, members, since) => {
      metrics.eventsDelivered.add(messages * members);
      delivered(since);
    },
    shed: (messages) => metrics.historyShed.add(messages),
    gap: (reason) => metrics.gaps.add(reason),
    acknowledged: (ms) => metrics.subscribeDelay.observe(ms),
    fault: (channel, error) => {
      faults.tell(String(error), (fields) =>
        log.error("a channel failed", { channel, error, ...fields }),
      );
    },
  };
}

export function sessionReport(log: Log, metrics: Metrics): SessionReport {
  return {
    opened: (transport) => metrics.sessionsOpened.add(transport),
    closed: (code, ms) => {
      if (code === CloseCode.MessageTooBig) metrics.limitsHit.add("message_bytes");
      metrics.sessionsClosed.add(code === undefined ? "client" : String(code));
      metrics.sessionDuration.observe(ms);
    },
    received: () => metrics.messagesReceived.add(),
    refused: (code) => metrics.refusals.add(code),
    limited: (limit) => metrics.limitsHit.add(limit),
    sent: (bytes) => metrics.bytesSent.add(bytes),
    dropped: (messages) => metrics.messagesDropped.add(messages),
    failed: (error) => log.error("a session failed", { error }),
  };
}

/** @param work what is shared: `triggers`, or a sink's name */
export function leaseReport(work: string, log: Log, metrics: Metrics): LeaseReport {
  const { leasesLapsed, workDropped, workRepeated } = metrics;
  for (const counter of [leasesLapsed, workDropped, workRepeated]) counter.add(work, 0);
  return {
    taken: (parts) => log.info("a share of the work was taken over", { work, parts }),
    lapsed: (parts) => {
      metrics.leasesLapsed.add(work);
      log.warn("leases ran out before they could be renewed: work waits", { work, parts });
    },
    missed: (missed) => reportMissed(work, missed, log, metrics),
    repeated: () => metrics.workRepeated.add(work),
    trouble: (error) => {
      if (error === undefined) log.info("the leases can be kept again", { work });
      else log.warn("the leases cannot be kept just now", { work, error });
    },
    fault: (error) => log.error("a worker failed to take an event", { work, error }),
  };
}

function reportMissed(work: string, missed: Missed, log: Log, metrics: Metrics): void {
  const { reason, count, from, to, parts } = missed;
  if (reason === "overflow") metrics.workDropped.add(work, count ?? 0);
  else metrics.workMissed.add(reason);
  const when = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  log.warn(`events may be missing from the work: ${reason}`, {
    work,
    count,
    parts: parts.length,
    ...when,
  });
}

export function triggersReport(log: Log, metrics: Metrics): (report: TriggersReport) => void {
  const counters = [metrics.triggersSucceeded, metrics.triggersFailed];
  const label = limitedLabel((library) => {
    for (const counter of counters) counter.add(library, 0);
  });
  const troubles = new NowAndThen(Date.now);
  return (report) => {
    switch (report.event) {
      case "finished": {
        const counter =
          report.outcome === "success" ? metrics.triggersSucceeded : metrics.triggersFailed;
        counter.add(label(report.library));
        if (report.kind === "trigger") metrics.triggerTime.observe(report.ms);
        break;
      }
      case "missed":
        metrics.triggerEventsMissed.add(report.reason, report.count ?? 1);
        // The leases tell of those that concern all libraries.
        if (report.library !== null) sayMissed(report.library, report.reason, troubles, log);
        break;
      case "broken":
        log.error(`a library does not run here: ${report.message}`, { library: report.library });
        break;
      case "restored":
        log.warn("Redis had lost the libraries; they were put back", {
          libraries: report.libraries,
        });
        break;
      case "unreachable":
        troubles.tell(`${report.what}: ${report.error}`, (fields) =>
          log.warn(report.what, { error: report.error, ...fields }),
        );
        break;
      default:
        // So its counters are there before its first callback fails.
        if (report.event !== "deleted") label(report.library);
        log.info(`a library was ${report.event}`, { library: report.library });
    }
  };
}

function sayMissed(library: string, reason: string, troubles: NowAndThen, log: Log): void {
  const why = reason === "queue" ? "too many wait for it" : "it does not run here";
  troubles.tell(`${library}, ${why}`, (fields) =>
    log.warn(`a library misses events: ${why}`, { library, ...fields }),
  );
}

/** What happened to sandboxes, and what libraries logged. */
export function sandboxReport(log: Log, metrics: Metrics): (report: EngineReport) => void {
  return (report) => {
    const { library } = report;
    switch (report.event) {
      case "log":
        log.info(report.message, { library });
        break;
      case "log_dropped":
        metrics.libraryLinesDropped.add(report.lines);
        log.warn("a library logs too much; some of it was dropped", {
          library,
          lines: report.lines,
        });
        break;
      case "replaced":
        metrics.sandboxesReplaced.add(report.reason);
        log.warn(`a library's sandbox was replaced: ${report.message}`, { library });
        break;
      case "reload_failed":
        log.error(`a library could not be loaded again: ${report.message}`, { library });
    }
  };
}

/**
 * Names of libraries as a label of metrics: beyond so many, all are one.
 *
 * @param added told of each new one
 */
function limitedLabel(added: (library: string) => void): (library: string) => string {
  const known = new Set<string>();
  return (library) => {
    if (known.has(library)) return library;
    if (known.size >= MOST_LIBRARIES) return "others";
    known.add(library);
    added(library);
    return library;
  };
}
