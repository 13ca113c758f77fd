import { WireError } from "@keywire/shared";
import { missingFlags, unionFlags } from "../../keyspace/flags.js";
import { ensureNotifications, type NotifyMode } from "../../keyspace/notify.js";
import { ask, connect, type Patient, redisCli } from "./patient.js";
import { type Finding, fail, ok, skip, warn } from "./report.js";

const WHAT = "notifications";
const SETTING = "notify-keyspace-events";
/** What every channel but `event:` needs. */
const NEEDED = "KA";
/** What `event:` channels need on top. */
const FOR_EVENTS = "E";

/**
 * Whether the node sends keyspace notifications at all: Redis does not, unless it is told to.
 *
 * @param testable whether a test can be made where the setting cannot be read
 */
export async function examineNotifications(
  patient: Patient,
  mode: NotifyMode,
  testable: boolean,
): Promise<Finding[]> {
  const answer = await ask(patient.control, "CONFIG", "GET", SETTING);
  if (answer.kind !== "answer") {
    const unseen = `the setting cannot be read (${answer.message})`;
    return [testable ? await byTest(patient, unseen) : skip(WHAT, `${unseen}, nor a test be made`)];
  }
  const [, flags = ""] = answer.value as string[];
  const missing = missingFlags(flags, NEEDED);
  const shown = `${SETTING} is ${JSON.stringify(flags)}`;
  const mend = redisCli(patient, `CONFIG SET ${SETTING} ${unionFlags(flags, NEEDED + FOR_EVENTS)}`);
  if (missing !== "") {
    const lacks = `${shown}: without ${[...missing].join(" and ")} the gateway hears nothing`;
    return [fail(WHAT, `${lacks}${byItself(mode)}`, mend)];
  }
  if (missingFlags(flags, FOR_EVENTS) === "") return [ok(WHAT, shown)];
  return [warn(WHAT, `${shown}: event: channels need E as well${byItself(mode)}`, mend)];
}

function byItself(mode: NotifyMode): string {
  return mode === "auto" ? " (it adds what is missing when it connects)" : "";
}

/** Where the setting cannot be read, writing a key and listening shows what is sent. */
async function byTest(patient: Patient, unseen: string): Promise<Finding> {
  const { target, endpoint, address, control } = patient;
  const openSubscriber = () => connect(target, endpoint);
  try {
    await ensureNotifications(
      { address, control, openSubscriber, tellMended: async () => {} },
      "check",
      NEEDED,
    );
    return ok(WHAT, `${unseen}, but a test shows that they are sent`);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const remedy = `in the server's configuration file: ${SETTING} ${NEEDED}${FOR_EVENTS}`;
    return fail(WHAT, `${unseen}, and a test did not hear them`, remedy);
  }
}
