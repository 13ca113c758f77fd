import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Hmac } from "./hmac.js";

it.each(["sha256", "sha384", "sha512"] as const)(
  "HMAC with %s is what Node makes of it",
  (digest) => {
    const expected = (key: Uint8Array, text: string) =>
      createHmac(digest, key).update(text).digest("base64url");
    const key = fc.uint8Array({ minLength: 1, maxLength: 300, size: "max" });
    const text = fc.string({ unit: "binary", maxLength: 9_000, size: "max" });
    fc.assert(
      fc.property(key, fc.array(text, { maxLength: 4, size: "max" }), (key, texts) => {
        const hmac = new Hmac(digest, key);
        const made = texts.map((text) => hmac.of(text));
        expect(made).toEqual(texts.map((text) => expected(key, text)));
      }),
    );
    // As long as a block, one less and one more.
    for (const length of [63, 64, 65, 127, 128, 129]) {
      const key = new Uint8Array(length).fill(length);
      expect(new Hmac(digest, key).of("text")).toBe(expected(key, "text"));
    }
  },
);

it("HMAC is that of RFC 4231", () => {
  const hex = (text: string) => Buffer.from(text, "base64url").toString("hex");
  expect(hex(new Hmac("sha256", Buffer.from("Jefe")).of("what do ya want for nothing?"))).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  const longKey = new Uint8Array(131).fill(0xaa);
  const text = "Test Using Larger Than Block-Size Key - Hash Key First";
  expect(hex(new Hmac("sha256", longKey).of(text))).toBe(
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  );
});
