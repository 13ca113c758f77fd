import { describe, expect, it } from "vitest";
import { whyStale } from "./packages.mjs";

const machine = { platform: "linux", arch: "x64" };
const wanted = {
  "": {},
  gateway: { version: "0.1.0" },
  "node_modules/ws": { version: "8.23.0", integrity: "sha512-a" },
  "node_modules/vite-linux": { version: "1.0.0", optional: true, os: ["linux"], cpu: ["x64"] },
  "node_modules/vite-mac": { version: "1.0.0", optional: true, os: ["darwin"], cpu: ["arm64"] },
};
const present = {
  gateway: wanted.gateway,
  "node_modules/ws": wanted["node_modules/ws"],
  "node_modules/vite-linux": wanted["node_modules/vite-linux"],
};

describe("whether the npm packages are stale", () => {
  it("is satisfied with what the lock file says, less what this machine cannot use", () => {
    expect(whyStale(wanted, present, machine)).toBe(undefined);
  });

  it("notices that there are none", () => {
    expect(whyStale(wanted, undefined, machine)).toBe("there are none");
  });

  it("notices what is missing", () => {
    const { "node_modules/ws": _, ...rest } = present;
    expect(whyStale(wanted, rest, machine)).toBe("node_modules/ws is missing");
  });

  it.each([{ version: "8.22.0" }, { integrity: "sha512-b" }])("notices a change: %o", (change) => {
    const changed = { ...present, "node_modules/ws": { ...present["node_modules/ws"], ...change } };
    expect(whyStale(wanted, changed, machine)).toBe("node_modules/ws has changed");
  });

  it("notices what the lock file no longer has", () => {
    const more = { ...present, "node_modules/left": { version: "1.0.0" } };
    expect(whyStale(wanted, more, machine)).toBe("node_modules/left does not belong here");
  });

  it("notices packages of another machine", () => {
    const mac = { ...present, "node_modules/vite-mac": wanted["node_modules/vite-mac"] };
    expect(whyStale(wanted, mac, machine)).toBe("node_modules/vite-mac does not belong here");
  });
});
