// What a browser remembers for the widget: a guest's token beyond the visit, what is being written for the visit. Where
// the page may store nothing (a private window, a sandboxed frame, a full disk) it is kept in memory: the conversation
// then lasts as long as the page.

type Area = "lasting" | "visit";

export interface Areas {
  readonly lasting: () => Storage;
  readonly visit: () => Storage;
}

export class Store {
  private readonly memory = new Map<string, string>();

  // Touching window.localStorage throws where storage is denied: it is asked for anew each time.
  constructor(private readonly areas: Areas) {}

  get(area: Area, key: string): string | undefined {
    try {
      const stored = this.areas[area]().getItem(key);
      if (stored !== null) return stored;
    } catch {
      // Denied: memory it is.
    }
    return this.memory.get(`${area} ${key}`);
  }

  set(area: Area, key: string, value: string): void {
    try {
      this.areas[area]().setItem(key, value);
      this.memory.delete(`${area} ${key}`);
    } catch {
      this.memory.set(`${area} ${key}`, value);
    }
  }

  remove(area: Area, key: string): void {
    this.memory.delete(`${area} ${key}`);
    try {
      this.areas[area]().removeItem(key);
    } catch {
      // Denied: it was in memory only.
    }
  }

  // What `parse` makes of it; undefined for nothing, or for what somebody else left under the name.
  read<Value>(area: Area, key: string, parse: (json: unknown) => Value | undefined): Value | undefined {
    const stored = this.get(area, key);
    if (stored === undefined) return undefined;
    try {
      return parse(JSON.parse(stored));
    } catch {
      return undefined;
    }
  }

  write(area: Area, key: string, value: unknown): void {
    this.set(area, key, JSON.stringify(value));
  }
}
