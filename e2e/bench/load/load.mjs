import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "./connection.mjs";
import { token } from "./dialects.mjs";
import { Latencies } from "./latencies.mjs";
import { planOf } from "./plans.mjs";
import { Writer } from "./writer.mjs";

/** @typedef {import("./plans.mjs").Plan} Plan */
/** @typedef {import("./plans.mjs").PlanSpec} PlanSpec */
/** @typedef {import("./dialects.mjs").DialectName} DialectName */

/** Connections that are under way at the same time. */
const CONNECTING = 100;
/** ms until all must be connected, and without a delivery until the rest counts as lost. */
const CONNECT_DEADLINE = 60_000;
const QUIET_DEADLINE = 4_000;
/** When each of the newest writes was made: a power of two of them. */
const REMEMBERED = 1 << 20;
/** Writes at a time that a closed loop catches up with. */
const MAX_BURST = 1_000;

/**
 * @typedef {object} ConnectRequest
 * @property {string} host
 * @property {number} port
 * @property {DialectName} dialect
 * @property {number} clients
 * @property {PlanSpec} plan
 * @property {string} secret that tokens are signed with
 * @property {"own" | "one"} tokens a token for each client, or one for all
 * @property {boolean} [value]
 * @property {readonly string[]} [events]
 * @property {number} [connecting] how many at the same time
 * @property {boolean} [resume] from where the clients of before were
 *
 * @typedef {object} WriteRequest
 * @property {import("./writer.mjs").Target} target
 * @property {PlanSpec} plan
 * @property {{ readonly rate: number } | { readonly inFlight: number }} pace writes per second, or
 *   how many may be on their way
 * @property {number} seconds
 * @property {boolean} [silent] nobody hears of it
 *
 * @typedef {object} WriteResult
 * @property {number} writes
 * @property {number} deliveries
 * @property {number} lost
 * @property {number} seconds until the last delivery
 * @property {number} p50 ms
 * @property {number} p99 ms
 */

/** The clients of one server, and what is written for them. */
export class Load {
  /** @type {Connection[]} */
  #connections = [];
  /** @type {Error | undefined} */
  #fault;
  #latencies = new Latencies();
  #written = new Float64Array(REMEMBERED);
  #writes = 0;
  #deliveries = 0;
  #lastDelivery = 0;
  #cycle = 1;
  #progressed = () => {};

  /**
   * Connects all clients and has them subscribe.
   *
   * @param {ConnectRequest} request
   * @returns {Promise<{ readonly seconds: number }>}
   */
  async connect(request) {
    const start = performance.now();
    const plan = planOf(request.plan);
    const before = this.#connections;
    this.#connections = [];
    this.#fault = undefined;
    let ready = 0;
    for (let client = 0; client < request.clients; client++) {
      while (client - ready >= (request.connecting ?? CONNECTING)) await this.#progress(start);
      this.#open(client, request, plan, before[client], () => {
        ready += 1;
      });
    }
    while (ready < request.clients) await this.#progress(start);
    return { seconds: (performance.now() - start) / 1_000 };
  }

  /**
   * Writes for a while, and waits until all has been delivered.
   *
   * @param {WriteRequest} request
   * @returns {Promise<WriteResult>}
   */
  async write(request) {
    const plan = planOf(request.plan);
    const writer = await Writer.open(request.target, plan.keys);
    this.#reset(plan);
    const start = performance.now();
    const fanOut = request.silent ? 0 : plan.fanOut;
    if ("rate" in request.pace) await this.#steadily(writer, request.pace.rate, request.seconds);
    else await this.#closely(writer, request.pace.inFlight, request.seconds, fanOut);
    const expected = this.#expected(fanOut, plan);
    const stopped = performance.now();
    await this.#settled(expected);
    writer.close();
    const end = fanOut === 0 ? stopped : Math.max(this.#lastDelivery, stopped);
    return {
      writes: this.#writes,
      deliveries: this.#deliveries,
      lost: expected - this.#deliveries,
      seconds: (end - start) / 1_000,
      p50: this.#latencies.quantile(0.5),
      p99: this.#latencies.quantile(0.99),
    };
  }

  /** Lets go of all clients, remembering where they were. */
  close() {
    for (const connection of this.#connections) connection.close();
  }

  /**
   * @param {number} client
   * @param {ConnectRequest} request
   * @param {Plan} plan
   * @param {Connection | undefined} before
   * @param {() => void} ready
   */
  #open(client, request, plan, before, ready) {
    const { interests, places } = plan.listening(client);
    const user = request.tokens === "own" ? `user-${client}` : "everybody";
    const opening = {
      interests,
      token: request.dialect.startsWith("keywire") ? token(user, request.secret) : "",
      value: request.value ?? false,
      events: request.events,
      since:
        request.resume && before !== undefined
          ? { epoch: before.epoch, offset: before.offset }
          : undefined,
    };
    this.#connections.push(
      new Connection(request, opening, places, {
        ready,
        delivered: this.#delivered,
        lost: (_, why) => {
          this.#fault ??= new Error(`client ${client} was lost: ${why}`);
        },
      }),
    );
  }

  /** @param {number} start */
  async #progress(start) {
    if (this.#fault !== undefined) throw this.#fault;
    if (performance.now() - start > CONNECT_DEADLINE) {
      throw new Error(`clients could not connect within ${CONNECT_DEADLINE} ms`);
    }
    await pause(1);
  }

  /** @param {Plan} plan */
  #reset(plan) {
    this.#latencies.reset();
    this.#writes = 0;
    this.#deliveries = 0;
    this.#cycle = plan.keys.length;
    for (const connection of this.#connections) connection.count = 0;
  }

  /**
   * The first of several that came in one go was longest under way, and stands for them all.
   *
   * @param {Connection} connection
   * @param {number} count
   */
  #delivered = (connection, count) => {
    const { places } = connection;
    const nth = connection.count;
    const now = performance.now();
    const write =
      Math.floor(nth / places.length) * this.#cycle + Number(places[nth % places.length]);
    this.#latencies.add(now - Number(this.#written[write % REMEMBERED]), count);
    connection.count = nth + count;
    connection.offset += count;
    this.#deliveries += count;
    this.#lastDelivery = now;
    this.#progressed();
  };

  /**
   * At a steady rate, whatever comes of it; what is late counts from when it was due.
   *
   * @param {Writer} writer
   * @param {number} rate
   * @param {number} seconds
   */
  async #steadily(writer, rate, seconds) {
    const start = performance.now();
    const total = Math.round(rate * seconds);
    while (this.#writes < total) {
      const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * rate) + 1);
      if (due > this.#writes) {
        const dueAt = (/** @type {number} */ write) => start + (write * 1_000) / rate;
        this.#write(writer, due, dueAt);
      }
      this.#check();
      await pause(1);
    }
  }

  /**
   * As fast as deliveries come in, or, where nobody hears of it, as Redis answers.
   *
   * @param {Writer} writer
   * @param {number} inFlight
   * @param {number} seconds
   * @param {number} fanOut
   */
  async #closely(writer, inFlight, seconds, fanOut) {
    const pump = () => {
      const done = fanOut === 0 ? writer.answers : Math.floor(this.#deliveries / fanOut);
      const next = Math.min(done + inFlight, this.#writes + MAX_BURST);
      const now = performance.now();
      if (next > this.#writes && !writer.isBehind) this.#write(writer, next, () => now);
    };
    this.#progressed = once(pump);
    writer.answered = fanOut === 0 ? this.#progressed : () => {};
    const end = performance.now() + seconds * 1_000;
    while (performance.now() < end) {
      this.#check();
      // Where all that was under way is lost, nothing else would begin again.
      pump();
      await pause(10);
    }
    this.#progressed = () => {};
  }

  /**
   * @param {Writer} writer
   * @param {number} to
   * @param {(write: number) => number} at
   */
  #write(writer, to, at) {
    for (let write = this.#writes; write < to; write++) {
      this.#written[write % REMEMBERED] = at(write);
    }
    writer.write(this.#writes, to);
    this.#writes = to;
  }

  #check() {
    if (this.#fault !== undefined) throw this.#fault;
  }

  /**
   * How many deliveries the writes come to: each whole cycle the same, of the last one what it got to.
   *
   * @param {number} fanOut
   * @param {Plan} plan
   */
  #expected(fanOut, plan) {
    if (fanOut === 0) return 0;
    const rest = this.#writes % plan.keys.length;
    const whole = (this.#writes - rest) / plan.keys.length;
    let expected = 0;
    for (const { places } of this.#connections) {
      expected += whole * places.length;
      if (rest > 0) for (const place of places) if (place < rest) expected += 1;
    }
    return expected;
  }

  /** @param {number} expected */
  async #settled(expected) {
    let seen = this.#deliveries;
    let since = performance.now();
    while (this.#deliveries < expected && performance.now() - since < QUIET_DEADLINE) {
      this.#check();
      await pause(2);
      if (this.#deliveries === seen) continue;
      seen = this.#deliveries;
      since = performance.now();
    }
  }
}

/**
 * Has the task run once at the end of the turn, however often it is asked for.
 *
 * @param {() => void} task
 */
function once(task) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      task();
    });
  };
}
