import client from "./prelude/client.mjs?raw";
import failures from "./prelude/failures.mjs?raw";
import jobs from "./prelude/jobs.mjs?raw";
import pending from "./prelude/pending.mjs?raw";
import prelude from "./prelude/prelude.mjs?raw";
import primordials from "./prelude/primordials.mjs?raw";
import record from "./prelude/record.mjs?raw";
import registrations from "./prelude/registrations.mjs?raw";
import registry from "./prelude/registry.mjs?raw";
import runner from "./prelude/runner.mjs?raw";
import shards from "./prelude/shards.mjs?raw";
import values from "./prelude/values.mjs?raw";

/** The modules that run inside the sandbox, by their names there. */
export const PRELUDE: Readonly<Record<string, string>> = {
  "keywire/client.mjs": client,
  "keywire/failures.mjs": failures,
  "keywire/jobs.mjs": jobs,
  "keywire/pending.mjs": pending,
  "keywire/prelude.mjs": prelude,
  "keywire/primordials.mjs": primordials,
  "keywire/record.mjs": record,
  "keywire/registrations.mjs": registrations,
  "keywire/registry.mjs": registry,
  "keywire/runner.mjs": runner,
  "keywire/shards.mjs": shards,
  "keywire/values.mjs": values,
};
