import { expect, it } from "vitest";
import { exampleCommand } from "./example-command.js";

it.each([
  [["prefix:"], "redis-cli set order:42 paid"],
  [["prefix:cart:"], "redis-cli set cart:42 paid"],
  [["event:expired", "key@3:user:7"], "redis-cli -n 3 set user:7 paid"],
  [["pattern:order:*", "event:set"], null],
  [["prefix:it's", "key:a b", "key:a\nb", "prefix:$(reboot)", "key:"], null],
])("shows for %j a command that is heard", (channels, command) => {
  expect(exampleCommand(channels)).toBe(command);
});
