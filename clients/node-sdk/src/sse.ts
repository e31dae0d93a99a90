/** Server-sent events out of bytes, by the HTML standard's rules; chunks may be cut anywhere, also inside a character. */

export interface ServerSentEvent {
  /** Name of the event, "message" if it has none. */
  event: string;
  data: string;
}

/** Collects lines into events. `push` bytes as they come; what it returns is complete. A last event without its blank line is dropped. */
export class EventParser {
  /** The last comment line seen, without its colon and white space. */
  lastComment = "";
  #decoder = new TextDecoder("utf-8");
  #rest = "";
  #event = "";
  #data: string[] = [];

  push(bytes: Uint8Array): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    for (const line of this.#lines(this.#decoder.decode(bytes, { stream: true }))) {
      const event = this.#take(line);
      if (event) events.push(event);
    }
    return events;
  }

  /** Complete lines. A CR at the end of what is there may be the first half of CR LF, so it waits. */
  #lines(text: string): string[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  #take(line: string): ServerSentEvent | null {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) {
      this.lastComment = line.slice(1).trim();
      return null;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.#event = value;
    if (field === "data") this.#data.push(value);
    return null;
  }

  #dispatch(): ServerSentEvent | null {
    const event = { event: this.#event || "message", data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    return empty ? null : event;
  }
}
