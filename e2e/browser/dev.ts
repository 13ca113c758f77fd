import { fileURLToPath } from "node:url";
import { hold, reservePort, run, waitFor } from "../support/index.js";

const PROGRAM = fileURLToPath(new URL("../../gateway/bin/keywire.mjs", import.meta.url));

/** `keywire dev`, and what it printed for whoever started it. */
export async function startDev() {
  const { port, release } = await reservePort();
  hold(release);
  // The test runner asks for colours, which would end up in the address.
  const foreign = Object.entries(process.env).filter(([name]) => !/^KEYWIRE_|_COLOR$/.test(name));
  const env = { ...Object.fromEntries(foreign), NO_COLOR: "1", KEYWIRE_PORT: String(port) };
  const dev = await run({ command: process.execPath, args: [PROGRAM, "dev"], env });
  const printed = await waitFor(
    () => {
      if (!dev.running) throw new Error(`it ended: ${dev.output()}`);
      const address = /https?:\/\/\S+#token=\S+/.exec(dev.output())?.[0];
      const redisPort = /redis-cli -p (\d+)/.exec(dev.output())?.[1];
      return address && redisPort ? { address, redisPort: Number(redisPort) } : undefined;
    },
    { what: "`keywire dev` to print its addresses", deadline: 30_000 },
  );
  return { dev, ...printed };
}
