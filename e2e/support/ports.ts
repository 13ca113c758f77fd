import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { hold } from "./resources.js";

/** Below what Linux and macOS hand out to outgoing connections, above the well-known ones. */
const LOWEST_PORT = 10_000;
const HIGHEST_PORT = 32_000;
const ATTEMPTS = 200;

export interface ReservedPort {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * A free TCP port on the loopback that stays this test's until it is released, even while its
 * server is down. The claim is a UDP socket on the same number: every run makes the same claim
 * before it uses a port, two cannot hold one, and the system gives it up with the process.
 */
export async function reservePort(): Promise<ReservedPort> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = LOWEST_PORT + Math.floor(Math.random() * (HIGHEST_PORT - LOWEST_PORT));
    const release = await claim(port);
    if (!release) continue;
    if (await isFree(port)) return { port, release };
    await release();
  }
  throw new Error(`no free port found between ${LOWEST_PORT} and ${HIGHEST_PORT}`);
}

function claim(port: number): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: "udp4" });
    socket.once("error", (error) => (isTaken(error) ? resolve(undefined) : reject(error)));
    socket.bind({ address: "127.0.0.1", port, exclusive: true }, () => {
      socket.unref();
      resolve(hold(() => new Promise((closed) => socket.close(() => closed()))));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => (isTaken(error) ? resolve(false) : reject(error)));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

function isTaken(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return code === "EADDRINUSE" || code === "EACCES";
}
