import type { Clock } from "@keywire/shared";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export function addressOf({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/** How to get in, everywhere alike. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

/** Where the primaries are and what they own, at one moment. */
export interface Whereabouts {
  readonly primaries: ReadonlyMap<string, Endpoint>;
  ownerOf(slot: number): string | undefined;
}

/** How what a library does is told apart from what others do. */
export interface Marks {
  readonly channel: string;
  /** @param node the cluster's id of the node it is published on, undefined outside clusters */
  begin(node: string | undefined, origin: string): string;
  end(node: string | undefined): string;
}

export interface CommanderPorts {
  readonly credentials: Credentials;
  /** Keys are shared out among primaries, and move between them: a cluster. */
  readonly sharded: boolean;
  /** Finds out who the primaries are. @throws Error where nobody answers */
  readonly locate: () => Promise<Whereabouts>;
  readonly marks: Marks;
  readonly clock: Clock;
}

export interface CommanderSettings {
  /** How long a command may take, failovers and moving slots included, ms. */
  readonly timeout: number;
}

export const DEFAULT_COMMANDER_SETTINGS: CommanderSettings = { timeout: 5_000 };
