import { EventStreamReader } from "./event-stream.js";
import type { Dial, Subscribe, Transport, Wire } from "./transport.js";

/** Messages as server-sent events over raw fetch, by the protocol alone. */
export const sse: Transport = { kind: "sse", dial };

function dial(asked: Dial): Wire {
  const connection = new AbortController();
  const gate = new Gate();
  // Why it ended is of no interest: whoever dialled tries again.
  read(asked, connection.signal, gate).then(asked.ended, asked.ended);
  return {
    pause: () => gate.close(),
    resume: () => gate.open(),
    send: () => false,
    close: () => {
      gate.open();
      connection.abort();
    },
  };
}

async function read(asked: Dial, signal: AbortSignal, gate: Gate): Promise<void> {
  const answer = await fetch(addressOf(asked), { signal, headers: headersOf(asked) });
  if (!answer.ok || answer.body === null) {
    await answer.body?.cancel();
    return;
  }
  const events = new EventStreamReader(({ data, id }) => asked.message(data, id));
  const text = new TextDecoder();
  for await (const chunk of answer.body) {
    await gate.passage();
    events.take(text.decode(chunk, { stream: true }));
  }
}

function addressOf({ url, subscribes, lastEventId }: Dial): string {
  const address = new URL("/v1/sse", url);
  for (const subscribe of subscribes) {
    address.searchParams.append("subscribe", JSON.stringify(asQuery(subscribe, lastEventId)));
  }
  return address.href;
}

/** A stream that goes on says where by its last event's id, as browsers do, and by nothing else. */
function asQuery(subscribe: Subscribe, lastEventId: string | undefined): Subscribe {
  if (lastEventId === undefined) return subscribe;
  const { since: _, ...rest } = subscribe;
  return rest;
}

function headersOf({ token, lastEventId }: Dial): Record<string, string> {
  return {
    accept: "text/event-stream",
    authorization: `Bearer ${token}`,
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
}

/** Lets the reader through, or makes it wait. */
class Gate {
  #opening: { readonly done: Promise<void>; readonly open: () => void } | undefined;

  close(): void {
    if (this.#opening !== undefined) return;
    let open = () => {};
    const done = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#opening = { done, open };
  }

  open(): void {
    this.#opening?.open();
    this.#opening = undefined;
  }

  async passage(): Promise<void> {
    await this.#opening?.done;
  }
}
