import { CloseCode } from "@keywire/shared";
import type { HubReport } from "../hub/index.js";
import type { KeyspaceReport } from "../keyspace/index.js";
import type { LeaseReport, Missed } from "../lease/index.js";
import type { Log, Metrics } from "../observe/index.js";
import type { SessionReport } from "../session/ports.js";

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
): HubReport {
  return {
    received: () => metrics.eventsReceived.add(),
    delivered: (messages, members, since) => {
      metrics.eventsDelivered.add(messages * members);
      delivered(since);
    },
    gap: (reason) => metrics.gaps.add(reason),
    acknowledged: (ms) => metrics.subscribeDelay.observe(ms),
    fault: (channel, error) => log.error("a channel failed", { channel, error }),
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
