import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { AbstractConnector } from "ioredis";
import type { Endpoint } from "./target.js";

/** ms that a connection which is given up has to close. */
const DISCONNECT_TIMEOUT = 2_000;
/** ms between two attempts to find the primary. */
const LOCATE_PAUSE = 500;

export interface PrimaryConnectorPorts {
  /** @throws Error where it cannot be told now */
  locate(): Promise<Endpoint>;
  readonly tls: boolean;
  /** Tried where nobody can tell who the primary is; without one, that is asked until somebody can. */
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
    const stream = this.#open(await this.#locate());
    this.stream = stream;
    return stream;
  }

  async #locate(): Promise<Endpoint> {
    const { locate, named } = this.#ports;
    for (;;) {
      const found = await locate().catch(() => undefined);
      if (found === undefined) await new Promise((resolve) => setTimeout(resolve, LOCATE_PAUSE));
      if (!this.connecting) throw new Error("Connection is closed.");
      const endpoint = found ?? named;
      if (endpoint !== undefined) return endpoint;
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
