import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/** A process as others on the same machine can find it again. */
export interface ProcessIdentity {
  /** Another one after each start of the machine. */
  readonly boot: string;
  /** The space of process numbers that `pid` belongs to: containers have their own. */
  readonly space: string;
  readonly pid: number;
  /** Time of its start since that of the machine, as the kernel counts it. */
  readonly start: string;
}

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** Place of the start time among the words behind the name of a process. */
const START_WORD = 19;

/** Identity of this process; undefined where the system does not tell. */
export function ownIdentity(): ProcessIdentity | undefined {
  try {
    const boot = readFileSync(BOOT_ID, "utf8").trim();
    const space = readlinkSync("/proc/self/ns/pid");
    const pid = Deno.pid;
    const start = startOf(pid);
    return start === undefined || boot === "" ? undefined : { boot, space, pid, start };
  } catch {
    // Nobody can see then whether it is gone.
    return undefined;
  }
}

/** Whether a process ran on this machine and is surely gone; false where that cannot be seen. */
export function isGone({ boot, space, pid, start }: ProcessIdentity): boolean {
  const own = ownIdentity();
  if (own === undefined || own.boot !== boot || own.space !== space) return false;
  try {
    // Of processes of others that is refused, but they are there.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ESRCH") return true;
  }
  try {
    const found = startOf(pid);
    return found !== undefined && found !== start;
  } catch {
    return false;
  }
}

function startOf(pid: number): string | undefined {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[START_WORD];
}
