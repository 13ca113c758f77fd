import { AdminError, adminRequest } from "../gateway/admin-request.js";

/** A new library begins as one that does something. */
export const EXAMPLE = `#!js api_version=1.0 name=example
redis.registerKeySpaceTrigger("stamp", "user:", (client, data) => {
  if (client.call("type", data.key) !== "hash") return;
  client.call("hset", data.key, "__last_updated__", client.call("time")[0]);
}, { description: "notes when a user was changed", events: ["hset"] });
`;

export interface Kept {
  readonly source: string;
  /** JSON */
  readonly configuration: string;
}

/** @throws AdminError */
export async function fetchSource(token: string, name: string, signal: AbortSignal): Promise<Kept> {
  const path = `libraries/${encodeURIComponent(name)}?withcode=true`;
  const [library] = (await adminRequest(path, { token, signal })) as Record<string, unknown>[];
  return {
    source: String(library?.["code"] ?? ""),
    configuration: JSON.stringify(library?.["configuration"] ?? {}),
  };
}

/**
 * @returns the library's name
 * @throws AdminError
 */
export async function loadSource(
  token: string,
  { source, configuration }: Kept,
  replace: boolean,
): Promise<string> {
  const query = new URLSearchParams({ replace: String(replace), config: configuration || "{}" });
  const options = { token, method: "POST", body: source } as const;
  const answer = await adminRequest(`libraries?${query}`, options);
  return String(Object(answer)["name"]);
}

/** @throws AdminError */
export async function deleteLibrary(token: string, name: string): Promise<void> {
  await adminRequest(`libraries/${encodeURIComponent(name)}`, { token, method: "DELETE" });
}

/** The error as it is shown. */
export function asAdminError(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  return new AdminError("failed", error instanceof Error ? error.message : String(error));
}
