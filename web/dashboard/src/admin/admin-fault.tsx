import { clockTime } from "../text/format.js";
import { sentence } from "../text/sentence.js";
import type { AdminError } from "./admin-request.js";

interface AdminFaultProps {
  readonly fault: AdminError;
  /** When what the page still shows was told, ms since the Unix epoch; null where it shows nothing. */
  readonly at: number | null;
}

/** Why a page could not be brought up to date. */
export function AdminFault({ fault, at }: AdminFaultProps) {
  return (
    <p class="fault fault--box" role="alert">
      {sentence(fault.message)}
      {fault.code === "forbidden" && " Sign in with a token that says admin to see this page."}
      {at !== null && ` What stands below is of ${clockTime(at)}.`}
    </p>
  );
}
