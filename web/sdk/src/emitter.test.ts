import { afterEach, describe, expect, it, vi } from "vitest";
import { Emitter } from "./emitter.js";

describe("Emitter", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("calls listeners in order until they are taken off", () => {
    const emitter = new Emitter<{ tick: number }>();
    const calls: string[] = [];
    const off = emitter.on("tick", (n) => calls.push(`a${n}`));
    emitter.on("tick", (n) => calls.push(`b${n}`));
    expect(emitter.emit("tick", 1)).toBe(true);
    off();
    off();
    emitter.emit("tick", 2);
    expect(calls).toEqual(["a1", "b1", "b2"]);
  });

  it("takes off one registration of a function, not all", () => {
    const emitter = new Emitter<{ tick: number }>();
    const listener = vi.fn();
    const off = emitter.on("tick", listener);
    emitter.on("tick", listener);
    off();
    emitter.emit("tick", 1);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it("hands what a listener throws to the page, and goes on", () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const emitter = new Emitter<{ tick: number }>();
    const second = vi.fn();
    emitter.on("tick", () => {
      throw new Error("the application's");
    });
    emitter.on("tick", second);
    emitter.emit("tick", 1);
    expect(second).toHaveBeenCalled();
    expect(reported.mock.calls[0]?.[0]).toMatchObject({ message: "the application's" });
  });

  it("says that nobody listened", () => {
    expect(new Emitter<{ tick: number }>().emit("tick", 1)).toBe(false);
  });
});
