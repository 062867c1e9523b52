const TEXTS: readonly [new (...words: never[]) => Error, number, string][] = [
  [Deno.errors.NotFound, 2, "No such file or directory"],
  [Deno.errors.PermissionDenied, 13, "Permission denied"],
  [Deno.errors.AlreadyExists, 17, "File exists"],
  [Deno.errors.NotADirectory, 20, "Not a directory"],
  [Deno.errors.IsADirectory, 21, "Is a directory"],
];

/** The system's words for a failed system call of the runtime, without the runtime's own. */
export function describeSystemError(error: unknown): string {
  const known = TEXTS.find(([type]) => error instanceof type);
  if (known !== undefined) return `${known[2]} (os error ${known[1]})`;
  const text = error instanceof Error ? error.message : String(error);
  return /^(.*\(os error \d+\))/.exec(text)?.[1] ?? text;
}
