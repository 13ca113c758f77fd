import { expect, it } from "vitest";
import { configurationReference } from "./markdown.js";
import { environmentName } from "./names.js";
import { SETTING_NAMES } from "./settings.js";

const COMMITTED = "../../../docs/configuration.md";

it("docs/configuration.md is what the table of settings says (`vitest -u` writes it anew)", async () => {
  await expect(configurationReference()).toMatchFileSnapshot(COMMITTED);
});

it("the reference names every setting", () => {
  const reference = configurationReference();
  for (const name of SETTING_NAMES) expect(reference).toContain(`\`${environmentName(name)}\``);
});
