import { LibraryError } from "../ports.js";
import type { FromSandbox, Registered } from "../wire/messages.js";
import { type Program, SandboxThread } from "./thread.js";
import { Watchdog } from "./watchdog.js";

/** What is heard of a thread besides how its loading went. */
export interface ThreadEvents {
  heard(message: FromSandbox): void;
  /** It did not obey and has to be ended, or it ended by itself. */
  failed(reason: "time" | "crash", message: string): void;
}

export interface LoadedThread {
  readonly thread: SandboxThread;
  readonly watchdog: Watchdog;
  readonly registered: Registered;
}

/**
 * Starts a thread and has the library loaded in it.
 *
 * @param compiled called before any of the library runs; what it throws fails the loading
 * @throws LibraryError where the source is no library
 */
export async function loadThread(
  program: Program,
  events: ThreadEvents,
  compiled: () => void,
): Promise<LoadedThread> {
  const { runningTime, grace } = program.limits;
  let resolve: (registered: Registered) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const registration = new Promise<Registered>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  let state: "loading" | "loaded" = "loading";
  const failed = (reason: "time" | "crash", message: string) => {
    watchdog.stop();
    if (state === "loaded") events.failed(reason, message);
    else reject(new LibraryError("evaluation", message));
  };
  const thread = new SandboxThread(program, heard, (error) => failed("crash", crashText(error)));
  const watchdog = new Watchdog(thread.memory, runningTime + grace, () => {
    failed("time", `ended after ${runningTime + grace} ms of running without a look at the clock`);
  });

  function heard(message: FromSandbox): void {
    if (state === "loaded") events.heard(message);
    else if (typeof message !== "object") return;
    else if (message.type === "compiled") proceed();
    else if (message.type === "loaded") resolve(message.registered);
    else if (message.type === "refused") {
      reject(new LibraryError(message.code, message.message, message.line));
    } else events.heard(message);
  }

  function proceed(): void {
    try {
      compiled();
      thread.post({ type: "evaluate" });
    } catch (error) {
      reject(error);
    }
  }

  try {
    watchdog.watch(true);
    const registered = await registration;
    state = "loaded";
    return { thread, watchdog, registered };
  } catch (error) {
    await thread.end();
    throw error;
  } finally {
    watchdog.stop();
  }
}

function crashText(error: Error): string {
  const isMemory = "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isMemory
    ? "what the library sent or was handed took more memory than its worker has"
    : `its worker ended: ${error.message}`;
}
