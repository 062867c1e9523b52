/** A process, told from another one that gets its number later. */
interface Member {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly startTime: string;
}

/** The processes of a group that are there, but for those that have ended and wait to be noticed. */
function membersOf(group: number): Member[] {
  const members: Member[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat?.group === group && stat.state !== "Z" && stat.state !== "X") {
      members.push({ pid: Number(name), startTime: stat.startTime });
    }
  }
  return members;
}

function statOf(
  pid: number,
): { readonly state: string; readonly group: number; readonly startTime: string } | undefined {
  let text: string;
  try {
    text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The name in parentheses may have blanks and parentheses itself.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", group: Number(fields[2]), startTime: fields[19] ?? "" };
}

/**
 * Processes that were left running in a group whose first process has ended. As long as one of them
 * lives, the group's number cannot become somebody else's.
 */
export class LeftGroup {
  readonly #members: readonly Member[];

  /** @param group Number of the group. */
  constructor(readonly group: number) {
    this.#members = membersOf(group);
  }

  /** Whether any of them is still there. */
  get isThere(): boolean {
    return this.#members.some(({ pid, startTime }) => {
      const stat = statOf(pid);
      return stat?.group === this.group && stat.startTime === startTime && stat.state !== "Z";
    });
  }
}

/** Sends a signal to all processes of a group; that there are none left is no failure. */
export function signalGroup(group: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-group, signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return;
    }
    throw error;
  }
}
