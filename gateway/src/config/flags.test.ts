import { describe, expect, it } from "vitest";
import { parseFlags } from "./flags.js";

const OPTIONS = {
  sub: { type: "string" },
  grant: { type: "string", multiple: true },
  admin: { type: "boolean" },
} as const;
const RULES = { options: OPTIONS, settings: true, positionals: false } as const;

describe("a command line", () => {
  it("holds a command's own flags and the gateway's settings", () => {
    const flags = parseFlags(
      ["--sub", "alice", "--grant=a*", "--grant", "b*", "--admin", "--port", "1", "--config=f"],
      RULES,
    );
    expect(flags.options).toEqual({ sub: "alice", grant: ["a*", "b*"], admin: true });
    expect(flags.entries).toEqual([
      { setting: "port", fromFile: false, written: "--port", input: "1" },
    ]);
    expect(flags.configFile).toBe("f");
    expect(flags.faults).toEqual([]);
  });

  it("leaves out what is not given", () => {
    expect(parseFlags([], RULES).options).toEqual({ sub: undefined, grant: [], admin: false });
  });

  it("collects all that is wrong", () => {
    const argv = ["--sub", "a", "--sub", "b", "--admin=yes", "--gront", "x", "-z", "--grant"];
    expect(parseFlags(argv, RULES).faults).toEqual([
      "--sub is given more than once",
      "--admin takes no value",
      "--gront is no flag; did you mean --grant?",
      "-z is no flag",
      "--grant needs a value, as in --grant=VALUE",
    ]);
  });

  it("takes words behind -- as they are, where words are taken", () => {
    const rules = { options: OPTIONS, settings: false, positionals: true } as const;
    const flags = parseFlags(["key:a", "--", "--sub"], rules);
    expect(flags.positionals).toEqual(["key:a", "--sub"]);
    expect(parseFlags(["--port", "1"], rules).faults).toEqual(["--port is no flag"]);
  });
});
