import { describe, expect, it } from "vitest";
import { routeOf } from "./route.js";

describe("routeOf", () => {
  it("knows the pages that exist, and takes anything else for the first", () => {
    expect(routeOf("#/gateway")).toBe("/gateway");
    expect(routeOf("#/triggers")).toBe("/triggers");
    expect(routeOf("#/events")).toBe("/events");
    for (const hash of ["", "#", "#/nowhere", "#token=x", "#gateway"]) {
      expect(routeOf(hash)).toBe("/events");
    }
  });
});
