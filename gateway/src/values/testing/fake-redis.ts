import { createServer, type Server, type Socket } from "node:net";
import { latin1 } from "../key-id.js";
import { type Reply, ReplyError } from "../ports.js";
import { RespDecoder } from "../redis/resp.js";

/** Answers one command, its words in latin1. */
export type Handler = (words: readonly string[], client: FakeClient) => Reply;

export interface FakeClient {
  /** Ends the connection under the client's feet. */
  hangUp(): void;
  /** Sends bytes that nobody asked for. */
  blurt(bytes: string): void;
}

/** A server that speaks RESP2 and knows transactions, for what no server at hand has. */
export class FakeRedis {
  /** All commands that came in, but for the handshake's and EXEC, in order. */
  readonly received: string[] = [];
  /** In how many pieces it came. */
  packets = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  handler: Handler;

  constructor(handler: Handler) {
    this.handler = handler;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const decoder = new RespDecoder();
    const session = new Session((words) => this.#answer(words, socket));
    socket.on("data", (chunk: Buffer) => {
      this.packets++;
      decoder.push(chunk, (command) => {
        const words = (command as Buffer[]).map(latin1);
        socket.write(encodeReply(session.run(words)), "latin1");
      });
    });
  }

  #answer(words: readonly string[], socket: Socket): Reply {
    const handshake = ["CLIENT", "PING", "AUTH"].includes(words[0] ?? "");
    if (!handshake) this.received.push(words.join(" "));
    const answer = this.handler(words, {
      hangUp: () => socket.destroy(),
      blurt: (bytes) => socket.write(bytes, "latin1"),
    });
    return handshake && answer === null ? "OK" : answer;
  }
}

/** One connection's transaction, if there is one. */
class Session {
  readonly #run: (words: readonly string[]) => Reply;
  #queued: (readonly string[])[] | undefined;

  constructor(run: (words: readonly string[]) => Reply) {
    this.#run = run;
  }

  run(words: readonly string[]): Reply {
    if (words[0] === "MULTI") {
      this.#queued = [];
      return "OK";
    }
    if (this.#queued === undefined) return this.#run(words);
    if (words[0] !== "EXEC") {
      this.#queued.push(words);
      return "QUEUED";
    }
    const replies = this.#queued.map((queued) => this.#run(queued));
    this.#queued = undefined;
    return replies;
  }
}

/** A reply in RESP2, as latin1. */
export function encodeReply(reply: Reply): string {
  if (reply === null) return "$-1\r\n";
  if (typeof reply === "number") return `:${reply}\r\n`;
  if (typeof reply === "string") return `+${reply}\r\n`;
  if (reply instanceof ReplyError) return `-${reply.message}\r\n`;
  if (Buffer.isBuffer(reply)) return `$${reply.length}\r\n${latin1(reply)}\r\n`;
  return `*${reply.length}\r\n${reply.map(encodeReply).join("")}`;
}
