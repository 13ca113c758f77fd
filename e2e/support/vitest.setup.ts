import { afterAll } from "vitest";
import { releaseAll } from "./resources.js";

// Hooks run in reverse order, so this comes after a file's own.
afterAll(releaseAll);
