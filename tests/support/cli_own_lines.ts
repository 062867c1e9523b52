/** Lines of our runs that the official client does not have. */
const OWN_LINES = [
  /^Summary: /,
  /^warning: (exclude )?pattern '.*' matched nothing/,
  /^extended attributes that no archive holds: /,
];

/** Whether a line of a log is one that only we have. */
export function isOwnLine(line: string): boolean {
  return OWN_LINES.some((pattern) => pattern.test(line));
}
