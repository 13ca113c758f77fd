import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JWK } from "jose";

/** An issuer's server, which publishes keys, or fails to. */
export interface Issuer {
  readonly url: string;
  /** What it publishes from now on. */
  keys: readonly JWK[];
  /** Answers in place of the keys where defined. */
  answer: ((response: ServerResponse) => void) | undefined;
  /** How many times it was asked. */
  readonly asked: number;
  close(): Promise<void>;
}

export async function startIssuer(keys: readonly JWK[]): Promise<Issuer> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    if (issuer.answer !== undefined) return issuer.answer(response);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ keys: issuer.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const issuer: Issuer = {
    url: `http://127.0.0.1:${port}/jwks`,
    keys,
    answer: undefined,
    get asked() {
      return asked;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}
