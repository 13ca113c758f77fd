import { expect, it } from "vitest";
import type { FromSandbox } from "../wire/messages.js";
import { JOBS, Status, sharedMemory } from "../wire/shared-memory.js";
import type { Bridge } from "./bridge.js";
import { Jobs } from "./jobs.js";

function jobs() {
  const posted: FromSandbox[] = [];
  const memory = sharedMemory();
  const bridge = {
    post: (message: FromSandbox) => posted.push(message),
    flush: () => {},
  } as unknown as Bridge;
  const told = new Jobs(bridge, memory, 1_000, {
    failureOf: (message) => ({ code: "error", message }),
    left: () => {},
    full: () => {},
  });
  return { told, posted, statusOf: (job: number) => memory.statuses[job % JOBS] };
}

it("tells of an answer once, whether its callback still runs or has left a promise", () => {
  const { told, posted, statusOf } = jobs();
  told.begin(1);
  told.answered(1, "at once");
  told.returned(1);
  told.begin(2);
  told.wait(2, undefined);
  told.answered(2, "later");
  told.begin(3);
  told.returned(3);
  expect(posted).toEqual([
    { type: "answered", job: 1, reply: "at once" },
    { type: "answered", job: 2, reply: "later" },
  ]);
  expect([1, 2, 3].map(statusOf)).toEqual([Status.Begun, Status.Begun, Status.Succeeded]);
});

it("takes no answer of one that has failed for that of another with its number", () => {
  const { told, posted, statusOf } = jobs();
  told.begin(1);
  told.wait(1, undefined);
  told.fail(1, { code: "async_only", message: "late" });
  told.answered(1, "nobody waits for it");
  told.begin(1);
  told.returned(1);
  expect(statusOf(1)).toBe(Status.Succeeded);
  expect(posted).toEqual([{ type: "failed", job: 1, code: "async_only", message: "late" }]);
});
