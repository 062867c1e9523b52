import type { TomlTable } from "../../lib/tables/mod.ts";
import type { Fault } from "./fault.ts";

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Refuses a file with commands that others may change: whoever can write in it, or put another in its
 * place, runs commands as whoever runs the jobs, root mostly.
 *
 * @param path Absolute, without links.
 */
export function checkPermissions(
  path: string,
  root: TomlTable,
  onFault: (fault: Fault) => void,
): void {
  if (!hasCommands(root)) return;
  const trusted = new Set([0, Deno.uid()]);
  let place = path;
  for (;;) {
    const { uid, mode } = Deno.statSync(place);
    const writers = (mode ?? 0) & WRITABLE_BY_OTHERS;
    const isOthers = uid !== null && !trusted.has(uid);
    // In a folder such as /tmp nobody replaces what belongs to somebody else.
    const isSticky = place !== path && ((mode ?? 0) & STICKY) !== 0;
    if (isOthers || (writers !== 0 && !isSticky)) {
      onFault({ line: 1, key: "", reason: reasonOf(place, isOthers) });
      return;
    }
    if (place === "/") return;
    place = place.slice(0, place.lastIndexOf("/")) || "/";
  }
}

function reasonOf(place: string, isOthers: boolean): string {
  const why = isOthers ? `"${place}" belongs to somebody else` : `others may write in "${place}"`;
  const what = isOthers ? "chown it to whoever runs the jobs" : "chmod go-w it";
  return `has commands, and ${why}, who could run what they like: ${what}`;
}

/** Whether anything below is a command, or a program that is called. */
function hasCommands({ entries }: TomlTable): boolean {
  return [...entries].some(([name, node]) =>
    name === "hooks" || name === "sendmail" || /(?:^|-)command$/.test(name) ||
    (node.kind === "table" && hasCommands(node))
  );
}
