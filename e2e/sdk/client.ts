import { type ConnectOptions, connect, type Wire } from "@keywire/client";
import { WebSocket } from "ws";
import { hold, mintToken } from "../support/index.js";

/** How much faster than the world's the clock of an impatient client runs. */
const HASTE = 20;

/** A client of the gateway at an address, with a token for everything, that ends with the test. */
export function open(url: string, options: ConnectOptions = {}): Wire {
  const wire = connect(url, { WebSocket, token: () => mintToken(), ...options });
  hold(() => wire.close());
  return wire;
}

/** Time that passes faster, so that nobody waits for timeouts that browsers need. */
export function hastyClock(): NonNullable<ConnectOptions["clock"]> {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * HASTE,
    after(ms, fn) {
      const handle = setTimeout(fn, ms / HASTE);
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
