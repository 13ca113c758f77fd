import type { Workload } from "../workload.js";
import { connecting, idle } from "./connections.js";
import { fanOuts } from "./fan-out.js";
import { forwarder } from "./forwarder.js";
import { intake } from "./intake.js";
import { ownKeys, sharedPrefixes } from "./many-keys.js";
import { patterns } from "./patterns.js";
import { resume } from "./resume.js";
import { sse } from "./sse.js";
import { sustained } from "./sustained.js";
import { triggers } from "./triggers.js";
import { values } from "./values.js";

/** All that is measured, in the order of the report: what has a file of its own is added here. */
export const WORKLOADS: readonly Workload[] = [
  ...fanOuts,
  sustained,
  ownKeys,
  sharedPrefixes,
  patterns,
  intake,
  idle,
  connecting,
  resume,
  ...values,
  sse,
  forwarder,
  triggers,
];
