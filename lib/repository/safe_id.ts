const SAFE_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/**
 * Whether a text may be the name of a backup id, a namespace component or an archive
 * (spec: datastore-formats.md §6.2).
 */
export function isSafeId(text: string): boolean {
  return SAFE_ID.test(text);
}
