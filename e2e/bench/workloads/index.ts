import type { Workload } from "../workload.js";
import { fanOuts } from "./fan-out.js";

/** All that is measured, in the order of the table. One file each; add yours here. */
export const WORKLOADS: readonly Workload[] = [...fanOuts];
