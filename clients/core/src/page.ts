/** What a <meta> element of the page says; undefined if it isn't there or empty. */
export function metaOf(page: Document, name: string): string | undefined {
  const content = page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content;
  return content === "" ? undefined : content;
}

/** Local storage, unless the browser was told to refuse it. */
export function localStorageIfAny(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
