import { expect, it } from "vitest";
import { lastWords } from "./private-redis.js";

it("quotes of a server's log what tells why it ended", () => {
  const log = [
    "841:C 21 Nov 2026 10:19:13.622 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
    "841:C 21 Nov 2026 10:19:13.622 # Redis version=7.0.15, bits=64, commit=00000000, modified=0",
    "841:C 21 Nov 2026 10:19:13.622 # Configuration loaded",
    "841:M 21 Nov 2026 10:19:13.623 # WARNING Memory overcommit must be enabled!",
    "841:M 21 Nov 2026 10:19:13.623 # Warning: Could not create server TCP listening socket 127.0.0.1:1: bind: Permission denied",
    "841:M 21 Nov 2026 10:19:13.623 # Failed listening on port 1 (TCP), aborting.",
    "",
  ].join("\n");
  expect(lastWords(log)).toBe(
    "Warning: Could not create server TCP listening socket 127.0.0.1:1: bind: Permission denied; Failed listening on port 1 (TCP), aborting.",
  );
});
