/**
 * The times and the command of a line of cron that we have written.
 *
 * @param hasUser Whether a user stands between the two, as in `/etc/cron.d`.
 */
export function splitCronLine(
  line: string,
  hasUser: boolean,
): { readonly calendar: string; readonly command: string } {
  const words = line.split(" ");
  return {
    calendar: words.slice(0, 5).join(" "),
    command: words.slice(hasUser ? 6 : 5).join(" "),
  };
}
