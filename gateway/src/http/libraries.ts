import { base64Decode, utf8Encode, WireError } from "@keywire/shared";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { limitBody, parseJson, textOf } from "./body.js";
import type { LibraryDesk, ListRequest } from "./ports.js";

/** Bytes of a source, and of what a function is called with. */
const MAX_BODY = 1_024 * 1_024;

const text = z
  .union([z.string(), z.number(), z.boolean()])
  .transform((one) => utf8Encode(String(one)));
/** As answers have what is no text. */
const bytes = z
  .strictObject({ base64: z.string() })
  .transform(({ base64 }) => base64Decode(base64))
  .refine((decoded) => decoded !== null);
const word = z.union([text, bytes]);
const callBody = z.strictObject({
  keys: z.array(word).default([]),
  args: z.array(word).default([]),
  db: z.int().min(0).optional(),
  async: z.boolean().default(false),
});

/** `/v1/admin/libraries`: the caller was found to be an admin before. */
export function libraryRoutes(libraries: LibraryDesk): Hono {
  const routes = new Hono();
  routes.use(limitBody(MAX_BODY));

  routes.get("/", async (context) => context.json(await libraries.list(listRequest(context))));
  routes.get("/:name", async (context) =>
    context.json(await libraries.list(listRequest(context), context.req.param("name"))),
  );

  routes.post("/", async (context) => {
    const replace = flagOf(context, "replace");
    const configuration = configurationOf(context);
    const source = await textOf(context);
    const options = { replace, ...(configuration === undefined ? {} : { configuration }) };
    const loaded = await libraries.load(source, options);
    return context.json(loaded, loaded.replaced ? 200 : 201);
  });

  routes.delete("/:name", async (context) => {
    const name = context.req.param("name");
    await libraries.delete(name);
    return context.json({ deleted: name });
  });

  routes.post("/:name/call/:function", async (context) => {
    const { name, function: functionName } = context.req.param();
    const written = await textOf(context);
    const parsed = callBody.safeParse(written === "" ? {} : parseJson(written));
    if (!parsed.success) {
      throw new WireError(
        "bad_request",
        'the body takes {"keys":["…"],"args":["…"],"db":0,"async":false}; keys and args are texts, or bytes as {"base64":"…"}',
      );
    }
    const { keys, args, db, async: isAsync } = parsed.data;
    const request = { keys, args, isAsync, ...(db === undefined ? {} : { db }) };
    return context.json({ result: (await libraries.call(name, functionName, request)) ?? null });
  });

  return routes;
}

function listRequest(context: Context): ListRequest {
  const written = context.req.query("verbosity") ?? "0";
  if (!/^[0-3]$/.test(written)) {
    throw new WireError("bad_request", `verbosity is ${JSON.stringify(written)}, and takes 0 to 3`);
  }
  const verbosity = Number(written) as ListRequest["verbosity"];
  return { verbosity, withCode: flagOf(context, "withcode") };
}

function flagOf(context: Context, name: string): boolean {
  switch (context.req.query(name)) {
    case undefined:
    case "false":
    case "0":
      return false;
    case "":
    case "true":
    case "1":
      return true;
    default:
      throw new WireError("bad_request", `${name} takes true or false`);
  }
}

function configurationOf(context: Context): Record<string, unknown> | undefined {
  const written = context.req.query("config");
  if (written === undefined) return undefined;
  const value = parseJson(written);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new WireError("bad_request", 'config takes a JSON object, as in {"limit":10}');
}
