import { constants } from "node:os";
import type { Log } from "../observe/index.js";

/** Terminal closed, Ctrl-C, and what asks services to stop. */
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
/** ms; npm passes Ctrl-C on to a child that had it from the terminal already: that is one wish, not two. */
const SAME_WISH = 500;

/** Why the process is to end. */
export type StopReason =
  | { readonly kind: "signal"; readonly signal: NodeJS.Signals }
  | { readonly kind: "crash"; readonly error: unknown };

export interface StopRequest {
  /** Resolves with the first reason to end. */
  readonly requested: Promise<StopReason>;
  /** Aborts with it. */
  readonly signal: AbortSignal;
  /** Whoever asked has ended. */
  release(): void;
}

/**
 * From now on signals and crashes do not end the process but are told, so that it ends in order. A
 * second signal, when somebody is tired of waiting, ends it at once.
 *
 * @param crashedLate told of errors that nobody caught when it is ending already
 */
export function listenForStop(crashedLate: (error: unknown) => void): StopRequest {
  const controller = new AbortController();
  let askedAt = 0;
  let tell: (reason: StopReason) => void = () => {};
  const requested = new Promise<StopReason>((resolve) => {
    tell = (reason) => {
      resolve(reason);
      controller.abort();
    };
  });
  const onSignal = (signal: NodeJS.Signals) => {
    if (!controller.signal.aborted) {
      askedAt = Date.now();
      tell({ kind: "signal", signal });
    } else if (Date.now() - askedAt > SAME_WISH) process.exit(128 + constants.signals[signal]);
  };
  const onCrash = (error: unknown) => {
    if (controller.signal.aborted) crashedLate(error);
    else tell({ kind: "crash", error });
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on("uncaughtException", onCrash);
  process.on("unhandledRejection", onCrash);
  return {
    requested,
    signal: controller.signal,
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off("uncaughtException", onCrash);
      process.off("unhandledRejection", onCrash);
    },
  };
}

/** Logs why the process ends now; of a worker that its primary asked to, the primary does. */
export function sayWhy(reason: StopReason | { readonly kind: "asked" }, log: Log): void {
  if (reason.kind === "crash") log.error("stopping after an error", { error: reason.error });
  else if (reason.kind === "signal") log.info("stopping", { signal: reason.signal });
}
