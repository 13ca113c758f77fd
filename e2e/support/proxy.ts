import { connect, createServer, type Server, type Socket } from "node:net";
import { type Fault, Pipe } from "./pipe.js";
import { hold } from "./resources.js";

/** A TCP proxy on the loopback whose links can be made bad. Faults hold until `resume`. */
export interface FaultProxy {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** Links with at least one of their two ends open. */
  readonly connections: number;
  /** Bytes that came and are not forwarded yet, all links together. */
  readonly heldBytes: number;
  /** Resets all connections; new ones are served. */
  cut(): void;
  /** As `cut`, and resets new ones too. */
  refuse(): void;
  /** Half-open: takes bytes and connections, forwards nothing, not even the other side's end. */
  stall(): void;
  /** Reads nothing and forwards nothing, so that the senders' own buffers fill up. */
  block(): void;
  /** Each chunk is forwarded `ms` after it came. */
  delay(ms: number): void;
  /** Forwards so many bytes every 10 ms, each way and connection. */
  trickle(bytesPerTick: number): void;
  /** Ends the fault; what was held back is forwarded. */
  resume(): void;
  stop(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<FaultProxy> {
  const proxy = new LoopbackProxy(targetPort);
  await proxy.listen();
  return proxy;
}

class LoopbackProxy implements FaultProxy {
  readonly host = "127.0.0.1";
  readonly stop: () => Promise<void>;
  private readonly targetPort: number;
  private readonly server: Server;
  private readonly links = new Set<Link>();
  private fault: Fault = { kind: "none" };
  private door: "open" | "refusing" = "open";

  constructor(targetPort: number) {
    this.targetPort = targetPort;
    this.server = createServer({ allowHalfOpen: true }, (client) => this.accept(client));
    this.stop = hold(() => this.end());
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy has stopped");
    return address.port;
  }

  get connections(): number {
    return this.links.size;
  }

  get heldBytes(): number {
    return [...this.links].reduce((sum, link) => sum + link.heldBytes, 0);
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(0, this.host, resolve);
    });
  }

  cut(): void {
    for (const link of this.links) link.reset();
  }

  refuse(): void {
    this.door = "refusing";
    this.cut();
  }

  stall(): void {
    this.apply({ kind: "stall" });
  }

  block(): void {
    this.apply({ kind: "block" });
  }

  delay(ms: number): void {
    this.apply({ kind: "delay", ms });
  }

  trickle(bytesPerTick: number): void {
    this.apply({ kind: "trickle", bytesPerTick });
  }

  resume(): void {
    this.door = "open";
    this.apply({ kind: "none" });
  }

  private apply(fault: Fault): void {
    this.fault = fault;
    for (const link of this.links) link.apply(fault);
  }

  private accept(client: Socket): void {
    if (this.door === "refusing") {
      client.on("error", () => {});
      client.resetAndDestroy();
      return;
    }
    const link = new Link(client, this.targetPort, () => this.links.delete(link));
    this.links.add(link);
    link.apply(this.fault);
  }

  private end(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** One client's connection and the one behind it. */
class Link {
  private readonly sockets: readonly Socket[];
  private readonly pipes: readonly Pipe[];

  constructor(client: Socket, targetPort: number, ended: () => void) {
    const target = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
    this.sockets = [client, target];
    this.pipes = [new Pipe(client, target), new Pipe(target, client)];
    client.setNoDelay();
    target.setNoDelay();
    const open = new Set(this.sockets);
    for (const socket of this.sockets) {
      socket.once("close", () => {
        open.delete(socket);
        if (open.size === 0) ended();
      });
    }
  }

  get heldBytes(): number {
    return this.pipes.reduce((sum, pipe) => sum + pipe.heldBytes, 0);
  }

  apply(fault: Fault): void {
    for (const pipe of this.pipes) pipe.apply(fault);
  }

  reset(): void {
    for (const pipe of this.pipes) pipe.drop();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }
}
