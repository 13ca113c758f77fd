import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LibraryError } from "./ports.js";
import { parsePrologue } from "./prologue.js";

function refusal(source: string): string {
  try {
    parsePrologue(source);
  } catch (error) {
    expect(error).toBeInstanceOf(LibraryError);
    expect(error).toMatchObject({ code: "prologue", line: 1 });
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(source)} was taken`);
}

describe("a prologue", () => {
  it.each([
    ["#!js api_version=1.0 name=lib", "1.0", "lib"],
    ["#!js name=My_Lib_2 api_version=1.1", "1.1", "My_Lib_2"],
    ["#!js api_version=1.0 name=lib   ", "1.0", "lib"],
    ["#!js api_version=1.0 name=lib\t\r\nredis.log('x')", "1.0", "lib"],
    ["#!js api_version=1.0 name=_\n#!js", "1.0", "_"],
    ["\ufeff#!js api_version=1.0 name=lib", "1.0", "lib"],
  ])("is read: %j", (source, apiVersion, name) => {
    expect(parsePrologue(source)).toEqual({ engine: "js", apiVersion, name });
  });

  it.each([
    ["", /begin with #!/],
    ["redis.log('x')", /begin with #!/],
    [" #!js api_version=1.0 name=lib", /begin with #!/],
    ["#!js api_version=1.0 name=lib odd", /"odd" is not key=value/],
    ["#!js api_version=1.0 name=a=b", /"name=a=b" is not key=value/],
    ["#!js api_version=1.0  name=lib", /one space/],
    ["#!js =1.0 name=lib", /"=1.0" has no key/],
    ["#!js api_version= name=lib", /api_version has no value/],
    ["#!js api_version=1.0 name=", /name has no value/],
    ["#!js api_version=1.0 name=a name=b", /name is given twice/],
    ["#!js api_version=1.0 api_version=1.0 name=a", /api_version is given twice/],
    ["#!js name=lib", /api_version is missing/],
    ["#!js", /api_version is missing/],
    ["#!js api_version=1 name=lib", /api_version=1 is not major\.minor/],
    ["#!js api_version=1.0.0 name=lib", /is not major\.minor/],
    ["#!js api_version=one.two name=lib", /is not major\.minor/],
    ["#!js api_version=1.0", /name is missing/],
    ["#!js api_version=1.0 name=lib color=red", /the key "color" is not known/],
    ["#!js api_version=1.0 name=my-lib", /the name "my-lib" may hold/],
    ["#!js api_version=1.0 name=lïb", /may hold/],
    ["#!lua api_version=1.0 name=lib", /the engine "lua" is not there/],
    ["#! api_version=1.0 name=lib", /the engine "" is not there/],
    ["#!js api_version=2.0 name=lib", /api_version=2\.0 is not known; it is one of 1\.0, 1\.1/],
    ["#!js api_version=1.2 name=lib", /is not known/],
  ])("is refused: %j", (source, why) => {
    expect(refusal(source)).toMatch(why);
  });

  it("is refused for reasons that differ", () => {
    const sources = [
      "js",
      "#!js odd",
      "#!js =x",
      "#!js name=",
      "#!js name=a name=b",
      "#!js name=a",
      "#!js api_version=x name=a",
      "#!js api_version=1.0",
      "#!js x=y",
      "#!js api_version=1.0 name=-",
      "#!py api_version=1.0 name=a",
      "#!js api_version=3.0 name=a",
    ];
    expect(new Set(sources.map(refusal)).size).toBe(sources.length);
  });

  it("is read or refused, whatever it is", () => {
    const word = fc.oneof(
      fc.constantFrom("#!js", "api_version=1.0", "name=lib", "name", "=", " ", "\n", "\r", "\0"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        const source = words.join(" ");
        try {
          const { name, apiVersion } = parsePrologue(source);
          const [line = ""] = source.split(/\r?\n/, 1);
          expect(line).toContain(`name=${name}`);
          expect(line).toContain(`api_version=${apiVersion}`);
        } catch (error) {
          expect(error).toBeInstanceOf(LibraryError);
        }
      }),
    );
  });

  it("is the same in either order and with trailing space", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_]+$/);
    fc.assert(
      fc.property(name, fc.constantFrom("1.0", "1.1"), fc.nat(3), (name, version, spaces) => {
        const [a, b] = [`api_version=${version}`, `name=${name}`];
        const end = " ".repeat(spaces);
        const read = parsePrologue(`#!js ${a} ${b}${end}`);
        expect(parsePrologue(`#!js ${b} ${a}${end}\nrest`)).toEqual(read);
        expect(read).toEqual({ engine: "js", apiVersion: version, name });
      }),
    );
  });
});
