import { describe, expect, it } from "vitest";
import { PING_FRAME, textFrame } from "./frame.js";

interface Frame {
  readonly opcode: number;
  readonly payload: string;
}

/** Reads frames as RFC 6455, section 5.2, draws them. */
function framesIn(bytes: Uint8Array): Frame[] {
  const view = Buffer.from(bytes);
  const frames: Frame[] = [];
  for (let at = 0; at < view.length; ) {
    const [first, second] = [view.readUInt8(at), view.readUInt8(at + 1)];
    expect(first & 0xf0, "FIN alone of the flags").toBe(0x80);
    expect(second & 0x80, "no mask").toBe(0);
    const [length, header] = lengthAt(view, at, second);
    const start = at + header;
    at = start + length;
    expect(at).toBeLessThanOrEqual(view.length);
    const payload = new TextDecoder("utf-8", { fatal: true }).decode(view.subarray(start, at));
    frames.push({ opcode: first & 0x0f, payload });
  }
  return frames;
}

function lengthAt(view: Buffer, at: number, second: number): [length: number, header: number] {
  if (second === 126) {
    expect(view.readUInt16BE(at + 2), "the shortest form").toBeGreaterThan(125);
    return [view.readUInt16BE(at + 2), 4];
  }
  if (second === 127) {
    expect(view.readBigUInt64BE(at + 2), "the shortest form").toBeGreaterThan(0xffffn);
    return [Number(view.readBigUInt64BE(at + 2)), 10];
  }
  return [second, 2];
}

describe("frames", () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 200_000])("hold %d bytes of ASCII", (length) => {
    const text = "x".repeat(length);
    expect(framesIn(textFrame(text, length))).toEqual([{ opcode: 1, payload: text }]);
  });

  it.each(["schlüssel", "🔑".repeat(40), "a\u2028b", "é".repeat(40_000)])(
    "hold any text: %s",
    (text) => {
      const frame = textFrame(text, Buffer.byteLength(text));
      expect(framesIn(frame)).toEqual([{ opcode: 1, payload: text }]);
    },
  );

  it("stand one behind the other", () => {
    const bytes = Buffer.concat([textFrame("a", 1), PING_FRAME, textFrame("ü", 2)]);
    expect(framesIn(bytes)).toEqual([
      { opcode: 1, payload: "a" },
      { opcode: 9, payload: "" },
      { opcode: 1, payload: "ü" },
    ]);
  });
});
