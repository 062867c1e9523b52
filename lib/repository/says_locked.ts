/** Whether a server says that somebody else holds a lock: a refusal, or how a task ended. */
export function saysLocked(text: string): boolean {
  const acquire = text.indexOf("acquire");
  return acquire >= 0 && text.includes(" lock", acquire) ||
    /unable to acquire|is being written or removed|^while reading snapshot/.test(text) ||
    /is locked: |garbage collection already running|they are in use/.test(text);
}
