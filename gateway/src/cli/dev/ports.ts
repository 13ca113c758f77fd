import { createServer } from "node:net";

/**
 * A port that is free just now: the first one of so many that nobody listens on, or with 0 any that
 * the system picks. Undefined where all are taken.
 *
 * @throws Error where the address is none of this machine's, or the port is not ours to take
 */
export async function freePort(
  host: string,
  first: number,
  tries = 1,
): Promise<number | undefined> {
  for (let port = first; port < first + tries && port <= 65_535; port++) {
    const free = await tryPort(host, port);
    if (free !== undefined) return free;
  }
  return undefined;
}

function tryPort(host: string, wanted: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen({ host, port: wanted, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      server.close(() => resolve(port));
    });
  });
}
