import { CLIENT_VARIABLES, type Environment } from "../../config.js";
import { parseGatewayAddress } from "./address.js";
import { AdminClient } from "./admin.js";

/** Where a gateway is looked for when nothing else is said. */
export const DEFAULT_URL = "http://127.0.0.1:8080";

/** The gateway's admin API, as flags and the environment name it; undefined where `faults` says why not. */
export function adminAt(
  options: { readonly url?: string | undefined; readonly token?: string | undefined },
  env: Environment,
  faults: string[],
): AdminClient | undefined {
  const url = options.url ?? (env[CLIENT_VARIABLES.url] || DEFAULT_URL);
  const address = parseGatewayAddress(url);
  if (address === undefined) {
    faults.push(`${JSON.stringify(url)} is no gateway's address, as ${DEFAULT_URL} is`);
    return undefined;
  }
  const token = options.token ?? (env[CLIENT_VARIABLES.token] || address.token);
  if (token !== undefined) return new AdminClient(address.admin, token);
  faults.push(
    `there is no token; give an admin's with $${CLIENT_VARIABLES.token} or --token (\`keywire token --admin\` makes one)`,
  );
  return undefined;
}
