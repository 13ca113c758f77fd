interface Route {
  readonly method: string;
  /** As in `/v1/things/:name`; with a `*` it is nobody's in particular. */
  readonly path: string;
}

/** The methods that a path takes; none where there is nothing at it. */
export function methodsAt(routes: readonly Route[], path: string): string[] {
  const found = routes.filter((route) => route.method !== "ALL" && fits(route.path, path));
  return [...new Set(found.map(({ method }) => method))];
}

function fits(pattern: string, path: string): boolean {
  const [want, have] = [pattern.split("/"), path.split("/")];
  if (want.length !== have.length || pattern.includes("*")) return false;
  return want.every((part, index) =>
    part.startsWith(":") ? have[index] !== "" : part === have[index],
  );
}
