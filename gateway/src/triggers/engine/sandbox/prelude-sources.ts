import client from "./prelude/client.mjs?raw";
import failures from "./prelude/failures.mjs?raw";
import pending from "./prelude/pending.mjs?raw";
import prelude from "./prelude/prelude.mjs?raw";
import primordials from "./prelude/primordials.mjs?raw";
import registry from "./prelude/registry.mjs?raw";
import shards from "./prelude/shards.mjs?raw";
import values from "./prelude/values.mjs?raw";

/** The modules that run inside the sandbox, by their names there. */
export const PRELUDE: Readonly<Record<string, string>> = {
  "keywire/client.mjs": client,
  "keywire/failures.mjs": failures,
  "keywire/pending.mjs": pending,
  "keywire/prelude.mjs": prelude,
  "keywire/primordials.mjs": primordials,
  "keywire/registry.mjs": registry,
  "keywire/shards.mjs": shards,
  "keywire/values.mjs": values,
};
