import { runPeer } from "./run_peer.ts";

/**
 * Locks that anybody holds on files of a datastore, other than chunks, as the kernel lists them.
 *
 * @returns Sorted lines `FILE FLOCK|POSIX READ|WRITE`, with paths relative to the datastore.
 */
export async function kernelLocks(store: string): Promise<string[]> {
  const list = await runPeer("find", [
    ...[store, "-name", ".chunks", "-prune", "-o", "-type", "f", "-printf", "%i %P\n"],
    // What is deleted while it is listed.
  ], { codes: [0, 1] });
  const files = new Map<string, string>();
  for (const line of list.trimEnd().split("\n")) {
    const at = line.indexOf(" ");
    files.set(line.slice(0, at), line.slice(at + 1));
  }
  const { dev } = Deno.statSync(store);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  const device = [major, minor].map((number) => number.toString(16).padStart(2, "0")).join(":");
  let found = foundIn(Deno.readTextFileSync("/proc/locks"), device, files);
  // The kernel tells of some 60 at a time: who lets go meanwhile hides one or shows one twice.
  for (let seen = ""; found.join() !== seen;) {
    seen = found.join();
    found = foundIn(Deno.readTextFileSync("/proc/locks"), device, files);
  }
  return found;
}

function foundIn(list: string, device: string, files: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (const line of list.trimEnd().split("\n")) {
    const [, kind, , mode, , place = ""] = line.split(/\s+/);
    const at = place.lastIndexOf(":");
    const file = files.get(place.slice(at + 1));
    if (file !== undefined && place.slice(0, at) === device) found.push(`${file} ${kind} ${mode}`);
  }
  return found.sort();
}
