import { connect, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { AbstractConnector } from "ioredis";
import type { Endpoint } from "./target.js";

/** ms that a connection which is given up has to close. */
const DISCONNECT_TIMEOUT = 2_000;
/** ms until the named server is tried where nobody can tell who the primary is: it may be a replica. */
const NAMED_DELAY = 500;

export interface PrimaryConnectorPorts {
  /** @throws Error where it cannot be told now */
  locate(): Promise<Endpoint>;
  readonly tls: boolean;
  /** Tried where nobody can tell who the primary is. */
  readonly named: Endpoint | undefined;
  /** Told of each socket, which may be connecting yet. */
  opened(socket: Socket, endpoint: Endpoint): void;
}

/** Has ioredis connect to whichever server is the primary then, of a deployment that has one at a time. */
export class PrimaryConnector extends AbstractConnector {
  readonly #ports: PrimaryConnectorPorts;

  constructor(ports: PrimaryConnectorPorts) {
    super(DISCONNECT_TIMEOUT);
    this.#ports = ports;
  }

  override async connect(): Promise<Socket> {
    this.connecting = true;
    const found = await this.#locate().catch((error: Error) => error);
    if (!this.connecting) throw new Error("Connection is closed.");
    const stream = found instanceof Error ? failed() : this.#open(found);
    if (found instanceof Error) this.firstError = found;
    this.stream = stream;
    return stream;
  }

  /** Each command that a replica refuses asks for it: the first one is enough. */
  override disconnect(): void {
    if (this.connecting) super.disconnect();
  }

  async #locate(): Promise<Endpoint> {
    const { locate, named } = this.#ports;
    try {
      return await locate();
    } catch (error) {
      if (named === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, NAMED_DELAY));
      return named;
    }
  }

  #open({ host, port }: Endpoint): Socket {
    const { tls, opened } = this.#ports;
    const socket = tls ? connectTls({ host, port }) : connect({ host, port });
    // What ioredis tells where it fails before ioredis listens to it.
    socket.once("error", (error) => {
      this.firstError = error;
    });
    opened(socket, { host, port });
    return socket;
  }
}

/** A connection that has failed: a connector that rejects ends its client for good, instead of trying again. */
function failed(): Socket {
  return new Socket().destroy();
}
