import { describe, expect, it } from "vitest";
import { extraFlag, missingFlags, unionFlags } from "./flags.js";

describe("missingFlags", () => {
  it.each([
    ["", "KA", "KA"],
    ["AK", "KA", ""],
    ["AKE", "KA", ""],
    ["KEA", "EA", ""],
    ["Kg$lshzxetd", "KA", ""],
    ["Kg$lshzxet", "KA", "A"],
    ["g", "KA", "KA"],
    ["E", "KAn", "KAn"],
    ["AKEm", "KAmn", "n"],
  ])("of %j for %j is %j", (current, wanted, missing) => {
    expect(missingFlags(current, wanted)).toBe(missing);
  });
});

describe("unionFlags", () => {
  it("keeps what somebody else set and repeats nothing", () => {
    expect(unionFlags("xEm", "KA")).toBe("xEmKA");
    expect(unionFlags("AKE", "KAE")).toBe("AKE");
  });
});

describe("extraFlag", () => {
  it("names the classes that A leaves out", () => {
    expect(extraFlag("new")).toBe("n");
    expect(extraFlag("keymiss")).toBe("m");
    expect(extraFlag("set")).toBe("");
  });
});
