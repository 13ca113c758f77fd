import { expect } from "vitest";
import { type Gateway, mintToken, waitFor } from "../support/index.js";

/** What the admin API answered. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  readonly body: any;
}

/** A keyspace trigger as the list shows it. */
export type Shown = Readonly<Record<string, unknown>>;

/** A gateway's trigger libraries, as an admin has them. */
export class Libraries {
  readonly gateway: Gateway;

  constructor(gateway: Gateway) {
    this.gateway = gateway;
  }

  async ask(method: string, path = "", body?: string, token?: string): Promise<Answer> {
    const bearer = token ?? (await mintToken({ admin: true }));
    const response = await fetch(`${this.gateway.url}/v1/admin/libraries${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}` },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** Loads a source that has to load. */
  async load(source: string, query = ""): Promise<void> {
    const { status, body } = await this.ask("POST", query, source);
    expect(status, JSON.stringify(body)).toBeLessThan(300);
  }

  async call(name: string, args: readonly string[] = [], keys: readonly string[] = []) {
    const [library = "", functionName = ""] = name.split(".");
    const body = JSON.stringify({ keys, args });
    const answer = await this.ask("POST", `/${library}/call/${functionName}`, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body.result;
  }

  async list(name: string, verbosity = 1): Promise<Shown> {
    const { status, body } = await this.ask("GET", `/${name}?verbosity=${verbosity}`);
    expect(status, JSON.stringify(body)).toBe(200);
    return body[0];
  }

  async trigger(name: string): Promise<Shown> {
    const [library = "", trigger = ""] = name.split(".");
    const listed = (await this.list(library))["keyspace_triggers"] as Shown[];
    const found = listed.find((one) => one["name"] === trigger);
    if (found === undefined) throw new Error(`there is no trigger ${name}`);
    return found;
  }

  /** Until a trigger has finished so many. */
  async finished(name: string, count: number, deadline = 20_000): Promise<Shown> {
    return waitFor(
      async () => {
        const trigger = await this.trigger(name);
        if (Number(trigger["num_finished"]) >= count) return trigger;
        throw new Error(JSON.stringify(trigger));
      },
      { what: `${name} to have finished ${count}`, deadline },
    );
  }
}

/** A library's source: the prologue and what is in it. */
export function library(name: string, body: string): string {
  return `#!js api_version=1.0 name=${name}\n${body}`;
}
