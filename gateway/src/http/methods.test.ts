import { expect, it } from "vitest";
import { methodsAt } from "./methods.js";

const ROUTES = [
  { method: "ALL", path: "/*" },
  { method: "GET", path: "*" },
  { method: "GET", path: "/a" },
  { method: "POST", path: "/a" },
  { method: "POST", path: "/a" },
  { method: "PUT", path: "/a/:name" },
];

it.each([
  ["/a", ["GET", "POST"]],
  ["/a/b", ["PUT"]],
  ["/a/", []],
  ["/a/b/c", []],
  ["/b", []],
])("%s takes %j", (path, methods) => {
  expect(methodsAt(ROUTES, path)).toEqual(methods);
});
