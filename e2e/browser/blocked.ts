import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hold } from "../support/index.js";

/** A proxy as some companies have them: it passes requests on, and knows nothing of upgrades. */
export interface BlockingProxy {
  readonly url: string;
  /** Upgrades it was asked for. */
  readonly upgrades: number;
}

export async function startBlockingProxy(target: string): Promise<BlockingProxy> {
  let upgrades = 0;
  const { hostname, port } = new URL(target);
  const server: Server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on("upgrade", (_, socket) => {
    upgrades++;
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  hold(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get upgrades() {
      return upgrades;
    },
  };
}
