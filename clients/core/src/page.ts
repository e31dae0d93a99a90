/** What a <meta> element of the page says; undefined if it isn't there or empty. */
export function metaOf(page: Document, name: string): string | undefined {
  const content = page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  return content === "" ? undefined : content;
}

/** Local storage; where the browser refuses it, memory: the vault then stays open in this page only. */
export function localStorageOrMemory(): Storage {
  try {
    return localStorage;
  } catch {
    return new MemoryStorage();
  }
}

export class MemoryStorage implements Storage {
  [name: string]: unknown;
  readonly #kept = new Map<string, string>();

  get length(): number {
    return this.#kept.size;
  }

  key(index: number): string | null {
    return Array.from(this.#kept.keys())[index] ?? null;
  }

  getItem(name: string): string | null {
    return this.#kept.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    this.#kept.set(name, value);
  }

  removeItem(name: string): void {
    this.#kept.delete(name);
  }

  clear(): void {
    this.#kept.clear();
  }
}
