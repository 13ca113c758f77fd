import type { Value } from "@keywire/shared";
import type { ValueLimits } from "../limits.js";
import { jsonValue } from "./json-text.js";
import { array, bulk, integer, type Shape, SMALL_REPLY, type Step, truncated } from "./shape.js";
import { spellingFor } from "./spelling.js";

/** GETRANGE bounds itself, so the first step already fetches. */
export const STRING_SHAPE: Shape = {
  fetch: {
    weight: ({ bytes }) => bytes + SMALL_REPLY,
    commands: (key, { bytes }) => [
      ["STRLEN", key],
      ["GETRANGE", key, "0", String(bytes - 1)],
    ],
    read([length, data], { bytes }) {
      const size = integer(length);
      if (size > bytes) return truncated("string", size);
      return { value: stringValue(bulk(data)), bytes: size };
    },
  },
};

function stringValue(bytes: Buffer): Value {
  const { field, spell } = spellingFor([bytes]);
  const text = spell(bytes);
  return field === "data" ? { type: "string", data: text } : { type: "string", base64: text };
}

/** The id that an empty stream is told to end with. */
const NO_ENTRY = "0-0";

/** Of a stream only its end is told. No command names the last id without the entry's body. */
export const STREAM_SHAPE: Shape = {
  fetch: {
    weight: ({ bytes }) => bytes + SMALL_REPLY,
    commands: (key) => [
      ["XLEN", key],
      ["XREVRANGE", key, "+", "-", "COUNT", "1"],
    ],
    read([length, newest]) {
      const [entry] = array(newest);
      const last = entry === undefined ? NO_ENTRY : bulk(array(entry)[0]).toString("latin1");
      return { value: { type: "stream", length: integer(length), last }, bytes: 0 };
    },
  },
};

/** How much larger in memory than as text a document may be: numbers and short arrays are. */
const JSON_MEMORY_FACTOR = 8;

/** RedisJSON: no command tells the length of a document's text, so the memory that it takes decides. */
export const JSON_SHAPE: Shape = {
  measure: {
    ...memory(),
    read([used], { bytes }) {
      const size = integer(used);
      return size > bytes * JSON_MEMORY_FACTOR ? truncated("json", size) : "fits";
    },
  },
  fetch: {
    weight: ({ bytes }) => bytes * JSON_MEMORY_FACTOR,
    commands: (key) => [["JSON.GET", key]],
    read([document], { bytes }) {
      const text = bulk(document);
      if (text.length > bytes) return truncated("json", text.length);
      return { value: jsonValue(text.toString("utf8")), bytes: text.length };
    },
  },
};

/** Types that nobody here knows how to read: their name and the memory they take. */
export function foreignShape(type: string): Shape {
  return {
    fetch: { ...memory(), read: ([used]) => truncated(type, integer(used)) },
  };
}

function memory(): Omit<Step<never>, "read"> {
  return {
    weight: () => SMALL_REPLY,
    commands: (key, limits) => [memoryUsage(key, limits)],
  };
}

/**
 * Exact for collections that are within the limit of elements; for larger ones an estimate from as
 * many samples, so that measuring a huge one costs no more than measuring the largest that is told.
 */
export function memoryUsage(key: Uint8Array, { elements }: ValueLimits): (string | Uint8Array)[] {
  return ["MEMORY", "USAGE", key, "SAMPLES", String(elements)];
}
