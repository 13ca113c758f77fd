import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import { Crew, StartFailure } from "./crew.js";
import type { ToWorker } from "./messages.js";
import type { Ending, WorkerEvents } from "./ports.js";

const KILLED: Ending = { code: null, signal: "SIGKILL" };
const WELL: Ending = { code: 0, signal: null };

class FakeWorker {
  readonly id: number;
  readonly #events: WorkerEvents;
  readonly sent: ToWorker["type"][] = [];
  state: "running" | "hanging" | "ended" = "running";

  constructor(id: number, events: WorkerEvents) {
    this.id = id;
    this.#events = events;
  }

  send(message: ToWorker): void {
    if (message.type !== "alive") this.sent.push(message.type);
    else if (this.state === "running") this.#events.message(message);
  }

  kill(): void {
    this.end(KILLED);
  }

  listen(): void {
    this.#events.message({ type: "listening", url: "http://127.0.0.1:8080" });
  }

  end(ending: Ending): void {
    this.state = "ended";
    this.#events.ended(ending);
  }
}

function setup(size: number) {
  const clock = new VirtualClock();
  const workers: FakeWorker[] = [];
  const told: string[] = [];
  const crew = new Crew(
    size,
    {
      fork: (events) => {
        const worker = new FakeWorker(workers.length + 1, events);
        workers.push(worker);
        return worker;
      },
      clock,
      random: () => 0.5,
      report: {
        listening: () => {},
        ended: (worker, _, nextIn) => told.push(`${worker} ended, next in ${nextIn}`),
        killed: (worker) => told.push(`${worker} killed`),
        hung: (worker) => told.push(`${worker} hung`),
      },
    },
    () => {},
  );
  const at = (index: number) => workers[index] as FakeWorker;
  return { clock, workers, told, crew, at };
}

async function opened(size: number) {
  const stage = setup(size);
  const url = stage.crew.open();
  for (const worker of stage.workers) worker.listen();
  expect(await url).toBe("http://127.0.0.1:8080");
  return stage;
}

describe("a crew", () => {
  it("is open when all listen", async () => {
    const { crew, workers, at } = setup(2);
    let isOpen = false;
    const url = crew.open().then(() => {
      isOpen = true;
    });
    expect(workers).toHaveLength(2);
    at(0).listen();
    await Promise.resolve();
    expect(isOpen).toBe(false);
    at(1).listen();
    await url;
    expect(crew.workers().map(({ id }) => id)).toEqual([1, 2]);
  });

  it("does not open where one ends first, and leaves none behind", async () => {
    const { crew, at, clock } = setup(3);
    const failed = crew.open().catch((error: unknown) => error);
    at(0).listen();
    at(1).end({ code: 2, signal: null });
    expect(at(0).sent).toEqual(["stop"]);
    at(0).end(WELL);
    await clock.advance(5_000);
    expect(at(2).state).toBe("ended");
    const error = await failed;
    expect(error).toBeInstanceOf(StartFailure);
    expect((error as StartFailure).ending).toEqual({ code: 2, signal: null });
    expect(clock.pending).toBe(0);
  });

  it("replaces who ends, the later the more often it ends, and at once again after a good while", async () => {
    const { crew, workers, told, at, clock } = await opened(2);
    at(0).end(KILLED);
    expect(crew.workers().map(({ id }) => id)).toEqual([2]);
    await clock.advance(99);
    expect(workers).toHaveLength(2);
    await clock.advance(1);
    expect(workers).toHaveLength(3);
    at(2).end(KILLED);
    await clock.advance(200);
    at(3).listen();
    expect(crew.workers().map(({ id }) => id)).toEqual([4, 2]);
    await clock.advance(60_000);
    at(3).end(WELL);
    expect(told).toEqual(["1 ended, next in 100", "3 ended, next in 200", "4 ended, next in 100"]);
  });

  it("does not wait longer than its longest delay, however often they end", async () => {
    const { workers, at, clock } = await opened(1);
    for (let round = 0; round < 40; round++) {
      at(round).end(KILLED);
      await clock.advance(15_000);
      expect(workers).toHaveLength(round + 2);
    }
  });
});

describe("a worker that hangs", () => {
  it("is killed and replaced, while the others go on", async () => {
    const { crew, workers, told, at, clock } = await opened(2);
    await clock.advance(100_000);
    expect(told).toEqual([]);
    at(1).state = "hanging";
    await clock.advance(29_000);
    expect(told).toEqual([]);
    await clock.advance(12_000);
    expect(told).toEqual(["2 hung", "2 ended, next in 100"]);
    at(2).listen();
    expect(crew.workers().map(({ id }) => id)).toEqual([1, 3]);
    expect(workers).toHaveLength(3);
  });

  it("for a while, as one that a garbage collection holds up, is left alone", async () => {
    const { told, at, clock } = await opened(1);
    for (let round = 0; round < 3; round++) {
      at(0).state = "hanging";
      await clock.advance(25_000);
      at(0).state = "running";
      await clock.advance(5_000);
    }
    expect(told).toEqual([]);
  });
});

describe("closing a crew", () => {
  it("asks all, and is done when the last has ended", async () => {
    const { crew, at, clock } = await opened(2);
    const closed = crew.close(10_000);
    expect([at(0).sent, at(1).sent]).toEqual([["stop"], ["stop"]]);
    at(0).end(WELL);
    at(1).end(WELL);
    expect(await closed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("replaces nobody any more, nor one that waited to be", async () => {
    const { crew, workers, at, clock } = await opened(2);
    at(0).end(KILLED);
    const closed = crew.close(10_000);
    at(1).end(WELL);
    expect(await closed).toBe(true);
    await clock.advance(60_000);
    expect(workers).toHaveLength(2);
  });

  it("kills who does not end in time, and says so", async () => {
    const { crew, told, at, clock } = await opened(2);
    const closed = crew.close(10_000);
    at(0).end(WELL);
    await clock.advance(10_000);
    expect(await closed).toBe(false);
    expect(told).toEqual(["2 killed"]);
  });
});
