/**
 * What a program said, without the one line that says what to do about a failure: the official words
 * in front of it stay as they are.
 */
export function withoutHint(stderr: string): string {
  const hints = stderr.match(/^Hint: .*\r?\n/gm) ?? [];
  if (hints.length > 1) throw new Error(`${hints.length} hints: ${stderr}`);
  return stderr.replace(/^Hint: .*\r?\n/m, "");
}
