import type { Contender, Server, ServerOptions } from "./contender.js";
import type { Clients } from "./generator.js";
import type { Bench } from "./workload.js";

/** Starts a server for the time that something takes. */
export async function withServer<T>(
  contender: Contender,
  bench: Bench,
  options: Omit<ServerOptions, "redis" | "profile">,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const { redis, profile } = bench;
  const server = await contender.start({ redis, profile, ...options });
  const result = await use(server);
  await bench.generator.close();
  await server.stop();
  return result;
}

/** The same, with its clients connected. */
export function withClients<T>(
  contender: Contender,
  bench: Bench,
  clients: Clients,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const { value } = clients;
  return withServer(contender, bench, value === undefined ? {} : { value }, async (server) => {
    await bench.generator.connect(server, clients);
    return use(server);
  });
}
