import fc from "fast-check";
import { expect, it } from "vitest";
import { Names } from "./names.js";

it("reads as a buffer does, whatever it has read", () => {
  const names = new Names();
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 8 }), (parts) => {
      for (const [before, name] of [...parts, ...parts]) {
        const data = Buffer.concat([before, name, before]);
        const end = before.length + name.length;
        expect(names.read(data, before.length, end)).toBe(Buffer.from(name).toString());
      }
    }),
  );
});

it("keeps nothing of what it was given", () => {
  const names = new Names();
  const data = Buffer.from("set");
  expect(names.read(data, 0, 3)).toBe("set");
  data.write("del");
  expect(names.read(data, 0, 3)).toBe("del");
  expect(names.read(Buffer.from("set"), 0, 3)).toBe("set");
});
