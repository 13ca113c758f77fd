import { describe, expect, it } from "vitest";
import { AdminError } from "../../admin/admin-request.js";
import type { Desk, Draft } from "./desk.js";
import { Workbench } from "./workbench.js";

const SHOP: Draft = { source: "#!js name=shop\nlet a;\nlet b;\n", configuration: "{}" };

/** A gateway's libraries, whose answers come when the test lets them. */
class FakeDesk implements Desk {
  readonly kept = new Map<string, Draft>([["shop", SHOP]]);
  refusal: AdminError | null = null;
  gate: Promise<void> = Promise.resolve();

  async fetch(library: string): Promise<Draft> {
    await this.gate;
    const kept = this.kept.get(library);
    if (kept === undefined) throw new AdminError("bad_request", "there is none");
    return kept;
  }

  async load(draft: Draft, replace: boolean): Promise<string> {
    await this.gate;
    if (this.refusal !== null) throw this.refusal;
    if (this.kept.has("shop") && !replace) throw new AdminError("bad_request", "loaded already");
    this.kept.set("shop", draft);
    return "shop";
  }

  async remove(library: string): Promise<void> {
    if (!this.kept.delete(library)) throw new AdminError("bad_request", "there is none");
  }

  async call(): Promise<unknown> {
    return null;
  }

  /** Holds answers back. @returns what lets them go */
  hold(): () => void {
    let release = () => {};
    this.gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }
}

async function opened() {
  const desk = new FakeDesk();
  const bench = new Workbench(desk);
  bench.open("shop");
  await settled();
  return { desk, bench };
}

/** Lets what was asked be answered. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const PIECE = { kind: "library", name: "shop" } as const;

describe("Workbench", () => {
  it("shows a library's source once the gateway has told it", async () => {
    const desk = new FakeDesk();
    const bench = new Workbench(desk);
    bench.open("shop");
    expect(bench.draft.value).toBeNull();
    await settled();
    expect(bench.draft.value).toEqual(SHOP);
    expect(bench.isEdited(PIECE)).toBe(false);
  });

  it("keeps what was typed while another library is looked at, until it is thrown away", async () => {
    const { desk, bench } = await opened();
    desk.kept.set("other", { source: "other", configuration: "{}" });
    bench.edit({ source: "typed" });
    bench.open("other");
    await settled();
    expect(bench.draft.value?.source).toBe("other");
    bench.open("shop");
    await settled();
    expect(bench.draft.value?.source).toBe("typed");
    expect(bench.isEdited(PIECE)).toBe(true);
    bench.discard();
    expect([bench.draft.value, bench.isEdited(PIECE)]).toEqual([SHOP, false]);
  });

  it("typing it back to what is loaded leaves nothing to load", async () => {
    const { bench } = await opened();
    bench.edit({ configuration: '{"a":1}' });
    bench.edit({ configuration: "{}" });
    expect(bench.isEdited(PIECE)).toBe(false);
  });

  it("shows why a source does not load at its line, until that line is changed", async () => {
    const { desk, bench } = await opened();
    bench.edit({ source: `${SHOP.source}// typed` });
    desk.refusal = new AdminError("bad_request", "line 2: no", { line: 2 });
    expect(await bench.load(true)).toBeNull();
    expect(bench.mark.value).toEqual({ line: 2, message: "line 2: no" });
    expect(bench.isEdited(PIECE)).toBe(true);
    bench.edit({ source: SHOP.source.replace("let b", "let c") });
    expect(bench.mark.value?.line).toBe(2);
    bench.edit({ source: SHOP.source.replace("let a", "let d") });
    expect(bench.mark.value).toBeNull();
    expect(bench.fault.value?.message).toBe("line 2: no");
  });

  it("what was loaded is what is kept from then on", async () => {
    const { bench } = await opened();
    bench.edit({ source: "#!js name=shop\nlet c;" });
    expect(await bench.load(true)).toBe("shop");
    expect([bench.isEdited(PIECE), bench.fault.value]).toEqual([false, null]);
    bench.edit({ source: "x" });
    bench.discard();
    expect(bench.draft.value?.source).toBe("#!js name=shop\nlet c;");
  });

  it("a new one becomes a loaded one; it is begun afresh the next time", async () => {
    const desk = new FakeDesk();
    desk.kept.clear();
    const bench = new Workbench(desk);
    bench.begin(SHOP);
    bench.edit({ source: "#!js name=shop\n// mine" });
    bench.begin(SHOP);
    expect(bench.draft.value?.source).toContain("mine");
    expect(await bench.load(false)).toBe("shop");
    expect(bench.piece.value).toEqual(PIECE);
    bench.begin(SHOP);
    expect(bench.draft.value).toEqual(SHOP);
  });

  it("whoever went on to another library while one is loaded is left there", async () => {
    const { desk, bench } = await opened();
    const release = desk.hold();
    const loading = bench.load(true);
    expect(await bench.load(true)).toBeNull();
    bench.begin({ source: "new", configuration: "{}" });
    release();
    expect(await loading).toBe("shop");
    expect([bench.piece.value?.kind, bench.draft.value?.source]).toEqual(["new", "new"]);
  });

  it("an answer that comes too late is not shown", async () => {
    const desk = new FakeDesk();
    const bench = new Workbench(desk);
    const release = desk.hold();
    bench.open("shop");
    bench.begin({ source: "new", configuration: "{}" });
    release();
    await settled();
    expect(bench.draft.value?.source).toBe("new");
  });

  it("closes with what it deleted, and says why it could not", async () => {
    const { desk, bench } = await opened();
    expect(await bench.remove()).toBe("shop");
    expect(bench.piece.value).toBeNull();
    bench.open("shop");
    await settled();
    expect(bench.fault.value?.message).toBe("there is none");
    expect(desk.kept.size).toBe(0);
  });
});
