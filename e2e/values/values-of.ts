import { parseRedisUrl } from "@keywire/gateway/keyspace";
import { type OpenValues, type OpenValuesOptions, openValues } from "@keywire/gateway/values";
import { hold } from "../support/index.js";

/** The gateway's reading side on a deployment; closed at the end of the test file at the latest. */
export function valuesOf(url: string, options?: OpenValuesOptions): OpenValues {
  const opened = openValues(parseRedisUrl(url), options);
  const close = hold(async () => opened.close());
  return { ...opened, close: () => void close() };
}

export function bytes(text: string): Buffer {
  return Buffer.from(text);
}
