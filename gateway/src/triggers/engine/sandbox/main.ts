import { performance } from "node:perf_hooks";
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "@keywire/shared";
import type { SandboxData, ToSandbox } from "../wire/messages.js";
import { EventReader } from "../wire/packing.js";
import { sharedMemory } from "../wire/shared-memory.js";
import { Bridge } from "./bridge.js";
import { Shortcut } from "./direct/shortcut.js";
import { Meter } from "./meter.js";
import { Realm } from "./realm.js";
import { Sandbox } from "./sandbox.js";

/** How long jobs are run before replies to asynchronous commands are looked at, ms. */
const STINT = 5;

/** The program of a library's worker thread. */
async function main(data: SandboxData): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("the sandbox runs as a worker thread only");
  const memory = sharedMemory(data.memory);
  const meter = new Meter(data.limits.runningTime, memory);
  const realm = await Realm.open(data.wasm, data.limits, meter.isDue);
  const bridge = new Bridge(port, data.bulk, memory);
  const shortcut = new Shortcut((kind) => bridge.post({ type: "route", kind }), systemClock);
  const sandbox = new Sandbox(data, realm, bridge, shortcut, meter, memory);
  const queue = new Queue(sandbox);
  port.on("message", (message: ToSandbox) => handle(message, sandbox, shortcut, queue));
  sandbox.compile();
}

function handle(message: ToSandbox, sandbox: Sandbox, shortcut: Shortcut, queue: Queue): void {
  switch (message.type) {
    case "evaluate":
      sandbox.evaluate();
      break;
    case "fire": {
      const reader = new EventReader(message.events);
      for (let i = 0; i < message.count; i++) {
        const event = reader.next();
        queue.add(() => sandbox.fire(event));
      }
      break;
    }
    case "call": {
      const { job, index, db, mode, args } = message;
      queue.add(() => sandbox.call(job, index, db, mode === "plain", args));
      break;
    }
    case "record": {
      const { job, index, db, id, texts } = message;
      queue.add(() => sandbox.record(job, index, db, id, texts));
      break;
    }
    case "routed":
      shortcut.routed(message.kind, message.route);
      break;
    case "directory":
      shortcut.follow(message.directory);
      break;
    case "reply":
      sandbox.deliver(message.call, message.reply);
      break;
    case "located":
      sandbox.located(message.call, message.nodes, message.error);
      break;
  }
  queue.run();
}

/** What is to be run, in its order, with a break now and then. */
class Queue {
  readonly #sandbox: Sandbox;
  #tasks: (() => void)[] = [];
  #next = 0;
  #isDue = false;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  add(task: () => void): void {
    this.#tasks.push(task);
  }

  run(): void {
    // In a break, whatever comes meanwhile: messages alone could keep the event loop from turning.
    if (this.#isDue) return;
    const until = performance.now() + STINT;
    while (this.#next < this.#tasks.length && this.#sandbox.isUsable) {
      if (performance.now() >= until) {
        this.#later();
        break;
      }
      this.#tasks[this.#next++]?.();
    }
    if (this.#next === this.#tasks.length) {
      this.#tasks = [];
      this.#next = 0;
    }
    this.#sandbox.flush();
  }

  #later(): void {
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.run();
    });
  }
}

await main(workerData as SandboxData);
