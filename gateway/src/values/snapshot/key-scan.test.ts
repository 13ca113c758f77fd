import type { Clock } from "@keywire/shared";
import { VirtualClock } from "@keywire/shared/testing";
import { describe, expect, it } from "vitest";
import type { Ask, Layout, Reply, Store } from "../ports.js";
import { KeyScan } from "./key-scan.js";

/** What each node answers to SCAN, one batch of keys after another. */
type Nodes = Readonly<Record<string, readonly (readonly string[])[]>>;

class ScannedStore implements Store {
  readonly scans: string[] = [];
  interruptions = 0;
  readonly layouts: Layout[];
  readonly #nodes: Nodes;
  readonly #onScan: () => void;

  constructor(nodes: Nodes, layouts: Partial<Layout>[] = [{}], onScan = () => {}) {
    this.#nodes = nodes;
    this.#onScan = onScan;
    const primaries = Object.keys(nodes);
    this.layouts = layouts.map((layout) => ({
      primaries,
      signature: "",
      moves: "settled",
      ...layout,
    }));
  }

  async layout(): Promise<Layout> {
    const [layout, ...rest] = this.layouts;
    if (layout === undefined) throw new Error("no layout is left");
    if (rest.length > 0) this.layouts.shift();
    return layout;
  }

  send(asks: readonly Ask[]): void {
    for (const ask of asks) queueMicrotask(() => this.#scan(ask));
  }

  #scan({ to, commands, answered, failed }: Ask): void {
    this.#onScan();
    const node = "node" in to ? to.node : "";
    const at = Number(commands[0]?.[1]);
    this.scans.push(`${node} ${at}`);
    const batches = this.#nodes[node] ?? [];
    const keys = batches[at];
    if (keys === undefined) {
      failed(new Error(`${node} is down`));
      return;
    }
    const next = at + 1 < batches.length ? String(at + 1) : "0";
    const reply: Reply = [Buffer.from(next), keys.map((key) => Buffer.from(key))];
    answered([reply]);
  }
}

interface Options {
  readonly limit?: number;
  readonly iterations?: number;
  readonly time?: number;
  readonly clock?: Clock;
}

function scan(store: Store, options: Options = {}) {
  const { limit = 100, iterations = 100, time = 1_000, clock = new VirtualClock() } = options;
  const request = { db: 0, glob: Buffer.from("*"), limit, accepts: () => true };
  return new KeyScan(store, clock, request, { iterations, time }).run();
}

const names = (keys: readonly Buffer[]) => keys.map(String);

describe("a scan", () => {
  it("finds the keys of all nodes, sorted, each once however often it is told", async () => {
    const store = new ScannedStore({ a: [["z", "b"], ["b"], []], b: [["a", "z"]] });
    const { keys, complete } = await scan(store);
    expect(names(keys)).toEqual(["a", "b", "z"]);
    expect(complete).toBe(true);
  });

  it("ends when there are more keys than wanted", async () => {
    const store = new ScannedStore({ a: [["1"], ["2"], ["3"], ["4"]] });
    const { keys, complete } = await scan(store, { limit: 1 });
    expect(names(keys)).toEqual(["1", "2"]);
    expect(complete).toBe(false);
  });

  it("ends when its SCANs are used up, those of all nodes together", async () => {
    const store = new ScannedStore({ a: [["1"], ["2"], ["3"]], b: [["4"], ["5"], ["6"]] });
    const { complete } = await scan(store, { iterations: 4 });
    expect(store.scans).toHaveLength(4);
    expect(complete).toBe(false);
  });

  it("ends when its time is over", async () => {
    let now = 0;
    const clock: Clock = { now: () => now, after: () => ({ cancel: () => {} }) };
    const passing = () => {
      now += 300;
    };
    const store = new ScannedStore({ a: [["1"], ["2"], ["3"]] }, [{}], passing);
    const { keys, complete } = await scan(store, { time: 500, clock });
    expect(names(keys)).toEqual(["1", "2"]);
    expect(complete).toBe(false);
  });

  it("is not complete where keys may have moved past it", async () => {
    const nodes: Nodes = { a: [["1"]], b: [["2"]] };
    const complete = async (...layouts: Partial<Layout>[]) =>
      (await scan(new ScannedStore(nodes, layouts))).complete;
    const [one, two, three] = ["one", "two", "three"].map((signature) => ({ signature }));
    expect(await complete(one ?? {}, one ?? {})).toBe(true);
    expect(await complete({}, { moves: "moving" })).toBe(false);
    expect(await complete({ moves: "never" }, { moves: "never", signature: "other" })).toBe(true);
    // What was known was old: the second scan goes by the new look, and is whole where that holds.
    expect(await complete(one ?? {}, two ?? {}, two ?? {}, two ?? {})).toBe(true);
    expect(await complete(one ?? {}, two ?? {}, two ?? {}, three ?? {})).toBe(false);
  });

  it("is made once more where a connection was lost, since its cursors may mean nothing now", async () => {
    let store: ScannedStore | undefined;
    const losing = (times: number) => () => {
      if (store !== undefined && store.interruptions < times) store.interruptions++;
    };
    store = new ScannedStore({ a: [["1"], ["2"]] }, [{}], losing(2));
    expect(await scan(store)).toMatchObject({ complete: true });
    expect(store.scans).toEqual(["a 0", "a 1", "a 0", "a 1"]);
    store = new ScannedStore({ a: [["1"], ["2"]] }, [{}], losing(100));
    expect(await scan(store)).toMatchObject({ complete: false });
  });

  it("is made once more where a node cannot be asked, and then fails", async () => {
    const store = new ScannedStore({ down: [] });
    await expect(scan(store)).rejects.toThrow("down is down");
    expect(store.scans).toEqual(["down 0", "down 0"]);
  });
});
