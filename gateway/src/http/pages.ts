import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import type { Context } from "hono";

const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".json", "application/json"],
  [".map", "application/json"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".woff2", "font/woff2"],
]);

/** Built files bear a hash in their names, so they may be kept; pages may not. */
const KEPT = "public, max-age=31536000, immutable";
const ASKED_AGAIN = "no-cache";

interface Page {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
  readonly caching: string;
}

/** Built pages, held in memory: what is not among them cannot be asked for. */
export class Pages {
  readonly #pages: ReadonlyMap<string, Page>;

  private constructor(pages: ReadonlyMap<string, Page>) {
    this.#pages = pages;
  }

  /** @param folder of the build; one that is not there holds no pages */
  static async load(folder: string): Promise<Pages> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    const pages = files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const route = relative(folder, path).split(sep).join("/");
      return [route, pageOf(route, await readFile(path))] as const;
    });
    return new Pages(new Map(await Promise.all(pages)));
  }

  /** Whether there is a page at a path without its leading slash. */
  has(route: string): boolean {
    return this.#pages.has(fileOf(route));
  }

  /** The answer for a path without its leading slash; undefined where there is no such page. */
  answer(context: Context, route: string): Response | undefined {
    const page = this.#pages.get(fileOf(route));
    if (page === undefined) return undefined;
    const headers = { ETag: page.etag, "Cache-Control": page.caching };
    if (isKnown(page.etag, context.req.header("If-None-Match"))) {
      return context.body(null, 304, headers);
    }
    return context.body(page.body, 200, { ...headers, "Content-Type": page.type });
  }
}

/** A proxy that compresses what it passes on marks the tag as a weak one. */
function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  const tags = (ifNoneMatch ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

function fileOf(route: string): string {
  return route === "" || route.endsWith("/") ? `${route}index.html` : route;
}

function pageOf(route: string, content: Buffer): Page {
  return {
    body: new Uint8Array(content),
    type: TYPES.get(extname(route)) ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`,
    caching: route.startsWith("assets/") ? KEPT : ASKED_AGAIN,
  };
}
