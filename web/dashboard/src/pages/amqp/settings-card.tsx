import { count } from "../../text/format.js";
import type { AmqpState } from "./state.js";

interface SettingsCardProps {
  readonly state: AmqpState;
}

/** The configuration in force on all gateways. */
export function SettingsCard({ state: { configuration, changed } }: SettingsCardProps) {
  const set = new Set(changed);
  return (
    <section class="card" aria-labelledby="amqp-settings">
      <header class="card__head">
        <h2 id="amqp-settings">Configuration</h2>
        <p class="card__lead">
          In force on all gateways; <code>keywire amqp set</code> changes it.
        </p>
      </header>
      <dl class="amqp__settings">
        {Object.entries(configuration).map(([name, value]) => (
          <div key={name} class="amqp__setting">
            <dt>
              {name}
              {set.has(name) && <span class="amqp__changed"> set at run time</span>}
            </dt>
            <dd class="mono">{shown(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join("  ");
  return typeof value === "number" ? count(value) : String(value);
}
