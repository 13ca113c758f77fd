import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { hold, type RedisNode } from "../support/index.js";

/** What a Sentinel says: which primary, since which failover, and for how many ms it has known it. */
export interface Word {
  readonly primary: RedisNode;
  readonly epoch: number;
  readonly knownFor: number;
}

/** A Sentinel that says what it is told to: real ones come to disagree by accidents of some seconds. */
export async function fakeSentinel(word: () => Word): Promise<{ readonly port: number }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const command of chunk.toString("latin1").split(/^\*/m).slice(1)) {
        socket.write(answerTo(command, word()));
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  hold(async () => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

function answerTo(command: string, { primary, epoch, knownFor }: Word): string {
  const { host, port } = primary;
  if (/get-master-addr/i.test(command)) return listOf([host, port]);
  if (!/\r\nMASTER\r\n/i.test(command)) return "+OK\r\n";
  const details = { ip: host, port, "role-reported-time": knownFor, "config-epoch": epoch };
  return listOf(Object.entries(details).flat());
}

function listOf(items: readonly (string | number)[]): string {
  const texts = items.map((item) => `$${String(item).length}\r\n${item}\r\n`);
  return `*${items.length}\r\n${texts.join("")}`;
}
