import { parseChannel } from "@keywire/shared";
import { sentence } from "../text/sentence.js";

/** What is wrong with a channel's name, in words; null where nothing is. */
export function channelFault(name: string): string | null {
  try {
    parseChannel(name);
    return null;
  } catch (error) {
    return error instanceof Error ? sentence(error.message) : String(error);
  }
}

/** The channel that somebody probably meant who typed a key or a glob without a kind. */
export function channelGuess(text: string): string | null {
  if (text === "" || channelFault(text) === null) return null;
  const guess = /[*?[]/.test(text) ? patternOrPrefix(text) : keyOrPrefix(text);
  return channelFault(guess) === null ? guess : null;
}

function patternOrPrefix(glob: string): string {
  const prefix = /^([^*?[\\]*)\*$/.exec(glob)?.[1];
  return prefix === undefined ? `pattern:${glob}` : `prefix:${prefix}`;
}

function keyOrPrefix(text: string): string {
  return text.endsWith(":") ? `prefix:${text}` : `key:${text}`;
}
