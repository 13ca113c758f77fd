import {
  type Library,
  LibraryError,
  type StreamRecord,
  type StreamTriggerInfo,
  type TriggerEvent,
  type TriggerInfo,
} from "../engine/ports.js";
import type { OpenLibrary } from "../ports.js";

/** What a fake source says, as JSON. */
export interface FakeSource {
  readonly name: string;
  readonly triggers?: readonly {
    readonly name: string;
    readonly prefix: string;
    readonly events?: string[];
  }[];
  readonly streams?: readonly (Partial<StreamTriggerInfo> & {
    readonly name: string;
    readonly at: string;
  })[];
  readonly fault?: string;
}

export const source = (content: FakeSource): string => JSON.stringify(content);

export interface Fired {
  readonly library: string;
  readonly trigger: string;
  readonly event: string;
  readonly key: string;
}

/** Sandboxes that run nothing: tests say what each callback comes to. */
export class FakeEngine {
  readonly fired: Fired[] = [];
  readonly records: { readonly trigger: string; readonly id: string }[] = [];
  open = 0;
  /** What loading fails with. */
  refusal: LibraryError | undefined;
  /** What a callback does; ends at once where absent. */
  behave: (fired: Fired) => Promise<void> = async () => {};
  process: (record: StreamRecord) => Promise<void> = async () => {};

  readonly load: OpenLibrary = async (text, { compiled }) => {
    if (this.refusal !== undefined) throw this.refusal;
    const content = JSON.parse(text) as FakeSource;
    compiled?.({ engine: "js", apiVersion: "1.0", name: content.name });
    if (content.fault !== undefined) throw new LibraryError("evaluation", content.fault, 2);
    this.open++;
    return this.#library(content);
  };

  #library({ name, triggers = [], streams = [] }: FakeSource): Library {
    const engine = this;
    return {
      ...{ engine: "js", apiVersion: "1.0", name },
      triggers: triggers.map(triggerInfo),
      streamTriggers: streams.map((stream) => ({
        ...{ description: null, window: 1, isStreamTrimmed: false },
        ...stream,
        prefix: Buffer.from(stream.at),
      })),
      ...{ functions: [], clusterFunctions: [] },
      ...{ pendingJobs: 0, pendingAsyncCalls: 0, replacements: 0 },
      fire(trigger: string, { event, key }: TriggerEvent) {
        const fired = { library: name, trigger, event, key: Buffer.from(key).toString() };
        engine.fired.push(fired);
        return engine.behave(fired);
      },
      call: async () => null,
      async processStream(trigger, record) {
        engine.records.push({ trigger, id: record.id });
        await engine.process(record);
      },
      async close() {
        engine.open--;
      },
    };
  }
}

function triggerInfo(trigger: { name: string; prefix: string; events?: string[] }): TriggerInfo {
  return {
    name: trigger.name,
    description: null,
    prefix: Buffer.from(trigger.prefix),
    events: trigger.events ?? null,
    isAsync: false,
  };
}
