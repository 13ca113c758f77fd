import { put } from "./primordials.mjs";

/**
 * A stream's record, as a callback is given it.
 *
 * @param {readonly string[]} id
 * @param {string | null} stream
 * @param {readonly (string | null)[]} fields names and values in turn, null where not UTF-8
 * @param {ArrayBuffer[]} raw
 */
export function recordOf(id, stream, fields, raw) {
  /** @type {unknown[]} */
  const record = [];
  /** @type {unknown[]} */
  const rawRecord = [];
  for (let i = 0; i < fields.length; i += 2) {
    put(record, i / 2, [fields[i], fields[i + 1]]);
    put(rawRecord, i / 2, [raw[i + 1], raw[i + 2]]);
  }
  return {
    id: [id[0], id[1]],
    stream_name: stream,
    stream_name_raw: raw[0],
    record,
    record_raw: rawRecord,
  };
}
