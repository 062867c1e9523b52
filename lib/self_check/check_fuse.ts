import { fuseLibrary } from "../../ffi/fuse_library.ts";
import type { Finding } from "./finding.ts";

const PART = "libfuse";

/** Whether file systems can be shown: libfuse 3, with the functions that are called, and the device. */
export function checkFuse(): Finding {
  if (fuseLibrary() === undefined) {
    const detail = 'libfuse 3 is not installed, which "mount" and "map" need (Debian: libfuse3-3)';
    return { part: PART, verdict: "absent", detail };
  }
  try {
    Deno.statSync("/dev/fuse");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const detail = 'there is no /dev/fuse, which "mount" and "map" need (modprobe fuse)';
    return { part: PART, verdict: "absent", detail };
  }
  return { part: PART, verdict: "good", detail: "libfuse 3 and /dev/fuse" };
}
