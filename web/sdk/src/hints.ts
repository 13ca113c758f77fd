const HINTS = ["online", "offline", "visibilitychange"];

/**
 * Calls back when the browser says that the network or the page has changed, so that the client
 * looks at once instead of at its next timer. Where there is no browser, nothing is ever heard.
 *
 * @returns how to stop listening
 */
export function listenForHints(hint: () => void): () => void {
  const stop = new AbortController();
  const heard = () => {
    if (globalThis.document?.visibilityState !== "hidden") hint();
  };
  for (const name of HINTS) globalThis.addEventListener?.(name, heard, stop);
  return () => stop.abort();
}
