import { systemClock } from "@keywire/shared";
import { expect, it } from "vitest";
import { quickJs } from "../host/wasm.js";
import { DEFAULT_LIMITS } from "../ports.js";
import type { FromSandbox, SandboxData } from "../wire/messages.js";
import type { PackedCommand } from "../wire/packing.js";
import { sharedMemory } from "../wire/shared-memory.js";
import type { Bridge } from "./bridge.js";
import { Shortcut } from "./direct/shortcut.js";
import { Meter } from "./meter.js";
import { Realm } from "./realm.js";
import { Sandbox } from "./sandbox.js";

const SOURCE = `#!js api_version=1.0 name=lib
const outcomes = {
  plain() {},
  async later() {},
  failing() { throw new Error("no"); },
  asking(client) {
    for (const kind of ["text", "number", "list"]) client.call(kind, new ArrayBuffer(3));
    client.callRaw("text");
    try { client.call("error"); } catch {}
    redis.log("asked");
  },
  waiting(client) { return client.callAsync("list"); },
  refused(client) { return client.callAsync("error"); },
};
for (const [name, callback] of Object.entries(outcomes)) {
  redis.registerKeySpaceTrigger(name, "", callback, { onTriggerFired() {} });
  redis.registerFunction(name, callback);
  redis.registerStreamTrigger(name, "", callback);
}`;
const [TIMES, ROUNDS] = [1_000, 4];
const REPLIES: Readonly<Record<string, string>> = {
  text: "$4\r\ntext\r\n",
  number: ":1\r\n",
  list: "*2\r\n:1\r\n$1\r\na\r\n",
  error: "-ERR no\r\n",
};

/** A sandbox in this very thread. */
async function openSandbox() {
  const memory = sharedMemory();
  const meter = new Meter(DEFAULT_LIMITS.runningTime, memory);
  const realm = await Realm.open(await quickJs(), DEFAULT_LIMITS, meter.isDue);
  const posted: FromSandbox[] = [];
  const sent: { readonly call: number; readonly reply: Uint8Array }[] = [];
  const replyTo = ({ words }: PackedCommand) => Buffer.from(REPLIES[String(words[0])] ?? "");
  const bridge = {
    post: (message: FromSandbox) => posted.push(message),
    ask: replyTo,
    send: (call: number, command: PackedCommand) => sent.push({ call, reply: replyTo(command) }),
    flush: () => {},
    taken: () => {},
  } as unknown as Bridge;
  const data = { name: "lib", source: SOURCE, configuration: "{}", limits: DEFAULT_LIMITS };
  const shortcut = new Shortcut(() => {}, systemClock);
  const sandbox = new Sandbox(data as SandboxData, realm, bridge, shortcut, meter, memory);
  sandbox.compile();
  sandbox.evaluate();
  expect(posted.splice(0)).toMatchObject([{ type: "compiled" }, { type: "loaded" }]);
  return { sandbox, realm, posted, sent };
}

/** Where the sandbox's memory ends, roughly: where a large piece of it is found. */
function end({ context }: Realm): number {
  const { module } = context as unknown as {
    module: { _malloc(bytes: number): number; _free(at: number): void };
  };
  const at = module._malloc(512 * 1_024);
  module._free(at);
  return at;
}

it.each([0, 1, 2, 3, 4, 5])(
  "nothing is left behind of a callback that has ended: outcome %i",
  async (index) => {
    const { sandbox, realm, posted, sent } = await openSandbox();
    const key = Buffer.from("key");
    let job = 0;
    const run = (times: number) => {
      for (let i = 0; i < times; i++) {
        sandbox.fire({ job: job++, index, db: 0, event: "set", key });
        sandbox.call(job++, index, 0, false, [key]);
        sandbox.record(job++, index, 0, "1-1", [key, key, key]);
        for (const { call, reply } of sent.splice(0)) sandbox.deliver(call, reply);
        posted.length = 0;
      }
    };
    // Garbage may lie about for a while, so the least counts.
    const least = () =>
      Math.min(
        ...Array.from({ length: ROUNDS }, () => {
          run(TIMES);
          return end(realm);
        }),
      );
    const first = least();
    // It may be cut up otherwise than before, by less than a byte for each time.
    expect(least() - first).toBeLessThan(TIMES);
  },
);
