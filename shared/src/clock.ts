/** Time as a port: production passes the system's, tests one that stands still until told. */
export interface Clock {
  /** ms since the Unix epoch. */
  now(): number;
  /** Runs `fn` once after `ms`; whoever starts a timer owns it and cancels it. */
  after(ms: number, fn: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const handle = setTimeout(fn, ms);
    return { cancel: () => clearTimeout(handle) };
  },
};
