export interface StreamEvent {
  readonly data: string;
  /** The newest `id:` so far. */
  readonly id: string | undefined;
}

/** Reads `text/event-stream`, however it comes in pieces. */
export class EventStreamReader {
  readonly #tell: (event: StreamEvent) => void;
  #rest = "";
  #data: string[] = [];
  #id: string | undefined;

  constructor(tell: (event: StreamEvent) => void) {
    this.#tell = tell;
  }

  take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line.replace(/\r$/, ""));
  }

  #line(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "data") this.#data.push(value);
    else if (field === "id") this.#id = value;
  }

  #dispatch(): void {
    const data = this.#data.join("\n");
    this.#data = [];
    if (data !== "") this.#tell({ data, id: this.#id });
  }
}
