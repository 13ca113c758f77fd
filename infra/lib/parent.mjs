/** ms between two looks */
const INTERVAL = 100;

/**
 * npm passes SIGTERM on to the shell that it starts scripts with, and the shell dies without
 * passing it on: this process would live on with nobody to end it. So, where npm started it, it
 * ends itself in order when its parent is gone.
 */
export function endWithNpm() {
  if (!process.env["npm_lifecycle_event"]) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, INTERVAL);
  timer.unref();
}
