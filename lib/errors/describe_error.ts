/**
 * The messages of an error and its causes, outermost first, without repeating one that its parent
 * already ends with. Of an error that another one followed while it was cleaned up after, both.
 *
 * @param error Anything that was thrown.
 * @returns At least one line of text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const error = new Error("cannot open index", { cause: new Error("No such file") });
 * assertEquals(describeError(error), ["cannot open index", "No such file"]);
 * ```
 */
export function describeError(error: unknown): string[] {
  if (error instanceof SuppressedError) {
    // What went wrong first, then what cleaning up after it could not do.
    const [after = "", ...causes] = describeError(error.error);
    const cleaning = `and cleaning up after that failed: ${after}`;
    return [...describeError(error.suppressed), cleaning, ...causes];
  }
  const lines: string[] = [];
  let current: unknown = error;
  while (current !== undefined && current !== null && lines.length < 16) {
    const text = current instanceof Error ? current.message || current.name : String(current);
    const previous = lines.at(-1);
    if (previous === undefined || !previous.endsWith(text)) lines.push(text);
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines;
}
