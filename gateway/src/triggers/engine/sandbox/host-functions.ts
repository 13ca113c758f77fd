import { performance } from "node:perf_hooks";
import type { QuickJSHandle } from "quickjs-emscripten-core";
import type { EngineLimits, Reply } from "../ports.js";
import { type PackedCommand, packedLength } from "../wire/packing.js";
import { boundedReply } from "../wire/replies.js";
import { parseAnswer } from "./answer.js";
import type { Bridge } from "./bridge.js";
import type { Shortcut } from "./direct/shortcut.js";
import type { Meter } from "./meter.js";
import type { Realm } from "./realm.js";
import { type ScriptReply, scriptReply } from "./reply-script.js";
import { wordsFault } from "./words-fault.js";

/** Lines of `redis.log` that are told within a second. */
const LINES_PER_SECOND = 100;
/** Look-ups of shards that may be under way. */
const MOST_LOOKUPS = 1_024;
const EMPTY = new Uint8Array();

/** What becomes of jobs, as the prelude tells. */
export interface JobEvents {
  settled(job: number): void;
  failed(job: number, description: string): void;
  answered(job: number, reply: Reply): void;
}

/** For whom a command is sent, and whether the reply is wanted as bytes. */
type Head = Omit<PackedCommand, "words"> & { readonly isRaw: boolean };

interface Request {
  readonly command: PackedCommand;
  readonly isRaw: boolean;
}

/** The functions that the prelude is given. What they are called with is not trusted. */
export class HostFunctions {
  readonly #realm: Realm;
  readonly #bridge: Bridge;
  readonly #shortcut: Shortcut;
  readonly #meter: Meter;
  readonly #limits: EngineLimits;
  readonly #jobs: JobEvents;
  /** Asynchronous commands under way, their lengths, and whether their replies are wanted as bytes. */
  readonly #calls = new Map<number, { readonly length: number; readonly isRaw: boolean }>();
  /** The sum of their lengths. */
  #underWay = 0;
  #lookups = 0;
  /** The newest head of a request: most that follow have the same. */
  #newest: { readonly json: string; readonly head: Head } = {
    json: "",
    head: { consumer: 0, db: 0, access: "read", node: null, isRaw: false },
  };
  #rest: { readonly text: string; readonly bytes: Uint8Array | undefined } | undefined;
  #logSecond = 0;
  #logLines = 0;
  #logDropped = 0;

  constructor(
    realm: Realm,
    bridge: Bridge,
    shortcut: Shortcut,
    meter: Meter,
    limits: EngineLimits,
    jobs: JobEvents,
  ) {
    this.#realm = realm;
    this.#bridge = bridge;
    this.#shortcut = shortcut;
    this.#meter = meter;
    this.#limits = limits;
    this.#jobs = jobs;
  }

  /** As an object of the sandbox. */
  handle(): QuickJSHandle {
    const { context } = this.#realm;
    const host = context.newObject();
    const functions: Record<string, (...args: QuickJSHandle[]) => QuickJSHandle | undefined> = {
      call: (request, ...buffers) => this.#call(request, buffers),
      send: (call, request, ...buffers) => this.#send(call, request, buffers),
      locate: (call, key) => this.#locate(call, key),
      text: () => this.#realm.text(this.#rest?.text ?? "null"),
      bytes: () => this.#realm.bytes(this.#rest?.bytes ?? EMPTY),
      settled: (job) => this.#do(() => this.#jobs.settled(this.#number(job))),
      failed: (job, text) =>
        this.#do(() => this.#jobs.failed(this.#number(job), this.#string(text))),
      answered: (job, answer, ...buffers) => this.#answered(job, answer, buffers),
      log: (message) => this.#do(() => this.#log(String(JSON.parse(this.#string(message))))),
    };
    for (const [name, run] of Object.entries(functions)) {
      context.newFunction(name, run).consume((fn) => context.setProp(host, name, fn));
    }
    return host;
  }

  /** The reply to an asynchronous command, as it is handed to the prelude. */
  received(call: number, reply: Uint8Array): QuickJSHandle {
    const { length, isRaw } = this.#calls.get(call) ?? { length: 0, isRaw: false };
    this.#calls.delete(call);
    this.#underWay -= length;
    this.#bridge.taken(reply.length);
    return this.#scriptValue(scriptReply(reply, isRaw));
  }

  /** The answer to a look-up, as it is handed to the prelude. */
  located(nodes: readonly string[], error: string | undefined): QuickJSHandle {
    this.#lookups--;
    return this.#realm.text(JSON.stringify({ nodes, error }));
  }

  #call(request: QuickJSHandle | undefined, buffers: QuickJSHandle[]): QuickJSHandle {
    const { command, isRaw } = this.#request(request, buffers);
    const fault = this.#faultOf(command);
    if (fault !== undefined) return this.#scriptValue(fault);
    return this.#scriptValue(this.#meter.pause(() => scriptReply(this.#ask(command), isRaw)));
  }

  #ask(command: PackedCommand): Uint8Array {
    // What was sent before must not be overtaken.
    const reply = this.#calls.size === 0 ? this.#shortcut.execute(command) : undefined;
    if (reply !== undefined) return boundedReply(reply, this.#limits.transfer);
    const answer = this.#bridge.ask(command);
    this.#shortcut.passed(command);
    return answer;
  }

  #send(
    call: QuickJSHandle | undefined,
    request: QuickJSHandle | undefined,
    buffers: QuickJSHandle[],
  ): undefined {
    const { command, isRaw } = this.#request(request, buffers);
    const fault = this.#faultOf(command);
    if (fault !== undefined) throw new Error(fault.message);
    const length = packedLength(command);
    // Whoever sends on and on without waiting does not fill the gateway's memory with it.
    if (this.#underWay + length > this.#limits.memory) {
      throw new Error(
        `the asynchronous commands under way have more than ${this.#limits.memory} bytes; wait for some of them`,
      );
    }
    const id = this.#number(call);
    this.#calls.set(id, { length, isRaw });
    this.#underWay += length;
    this.#bridge.send(id, command);
  }

  #locate(call: QuickJSHandle | undefined, key: QuickJSHandle | undefined): undefined {
    if (this.#lookups >= MOST_LOOKUPS) {
      throw new Error(
        `more than ${MOST_LOOKUPS} calls on shards begin at once; wait for some of them`,
      );
    }
    this.#lookups++;
    this.#bridge.post({
      type: "locate",
      call: this.#number(call),
      key: key === undefined ? undefined : this.#bytesOrText(key),
    });
  }

  #answered(
    job: QuickJSHandle | undefined,
    answer: QuickJSHandle | undefined,
    buffers: QuickJSHandle[],
  ): undefined {
    const text = this.#string(answer);
    const bytes = buffers.map((buffer) => this.#realm.copyOf(buffer) ?? EMPTY);
    const size = bytes.reduce((sum, { length }) => sum + length, text.length);
    if (size > this.#limits.transfer) {
      throw new Error(`the answer has more than ${this.#limits.transfer} bytes`);
    }
    this.#jobs.answered(this.#number(job), parseAnswer(text, bytes));
  }

  #log(message: string): void {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.#logSecond) {
      this.#logSecond = second;
      this.#logLines = 0;
    }
    this.#logLines++;
    if (this.#logLines > LINES_PER_SECOND) {
      this.#logDropped++;
      // Perhaps there is no next line, with which it would be told.
      if (this.#logDropped === 1) setTimeout(() => this.#tellDropped(), 1_000);
      return;
    }
    this.#tellDropped();
    this.#bridge.post({ type: "log", message });
  }

  #tellDropped(): void {
    if (this.#logDropped === 0) return;
    this.#bridge.post({ type: "log_dropped", lines: this.#logDropped });
    this.#logDropped = 0;
  }

  // Requests

  #request(request: QuickJSHandle | undefined, buffers: readonly QuickJSHandle[]): Request {
    const text = this.#string(request);
    const end = text.indexOf("\n");
    const { isRaw, ...head } = this.#headOf(text.slice(0, end));
    const words = (JSON.parse(text.slice(end + 1)) as unknown[]).map((word) =>
      typeof word === "number" ? (this.#realm.copyOf(buffers[word]) ?? EMPTY) : String(word),
    );
    return { command: { ...head, words }, isRaw };
  }

  #headOf(json: string): Head {
    if (json !== this.#newest.json) this.#newest = { json, head: parseHead(json) };
    return this.#newest.head;
  }

  #faultOf({
    words,
  }: PackedCommand): { text: string; bytes: undefined; message: string } | undefined {
    const message = wordsFault(words, this.#limits.transfer);
    if (message === undefined) return undefined;
    return { text: JSON.stringify({ kind: "error", reply: message }), bytes: undefined, message };
  }

  // Values

  #scriptValue(value: ScriptReply): QuickJSHandle {
    const { context } = this.#realm;
    if (typeof value === "string") return this.#realm.text(value);
    if (typeof value === "number") return context.newNumber(value);
    if (value === null) return context.null;
    if (typeof value === "boolean") return value ? context.true : context.false;
    if (value instanceof Uint8Array) return this.#realm.bytes(value);
    // The reply's bytes may lie in the window that the next one overwrites.
    this.#rest = { text: value.text, bytes: value.bytes?.slice() };
    return context.undefined;
  }

  #number(handle: QuickJSHandle | undefined): number {
    return handle === undefined ? Number.NaN : this.#realm.context.getNumber(handle);
  }

  #string(handle: QuickJSHandle | undefined): string {
    return handle === undefined ? "" : this.#realm.context.getString(handle);
  }

  #bytesOrText(handle: QuickJSHandle): Uint8Array {
    if (this.#realm.context.typeof(handle) === "string")
      return Buffer.from(String(JSON.parse(this.#string(handle))));
    return this.#realm.copyOf(handle) ?? EMPTY;
  }

  #do(task: () => void): undefined {
    task();
  }
}

function parseHead(json: string): Head {
  const [consumer, db, access, node, isRaw] = JSON.parse(json) as unknown[];
  return {
    consumer: Number(consumer),
    db: Number(db),
    access: access === "write" ? "write" : "read",
    node: typeof node === "string" ? node : null,
    isRaw: isRaw === true,
  };
}
