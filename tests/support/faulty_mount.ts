import { fromFileUrl } from "@std/path";
import { setTimeout as delay } from "node:timers/promises";
import { runPeer } from "./run_peer.ts";

const SCRIPT = fromFileUrl(new URL("faulty_mount.py", import.meta.url));
const WAIT_MS = 120_000;

/** The peers to name where {@linkcode FaultyMount} is used: Debian's Python with its FUSE module. */
export const FAULTY_MOUNT_PEERS = [
  "fusermount",
  "/usr/bin/python3",
  "/usr/lib/python3/dist-packages/fuse.py",
];

/** What shall go wrong. */
export interface Fault {
  readonly op:
    | "getattr"
    | "open"
    | "read"
    | "readdir"
    | "write"
    | "flush"
    | "fsync"
    | "chmod"
    | "chown"
    | "any";
  /** Pattern of paths below the mount point, with a slash in front. */
  readonly path: string;
  /** Positive Linux error number. */
  readonly errno: number;
  /** Bytes that cannot be read, for `read`. */
  readonly from?: number;
  readonly to?: number;
  /** How often; always by default. */
  readonly times?: number;
}

/** A folder shown through FUSE with faults, until the end of the scope. */
export class FaultyMount implements AsyncDisposable {
  private constructor(readonly path: string, readonly process: Deno.ChildProcess) {}

  /** Moves a folder aside and shows it, with the faults, in its place. */
  static async over(path: string, faults: readonly Fault[]): Promise<FaultyMount> {
    await Deno.rename(path, `${path}-behind`);
    await Deno.mkdir(path);
    return await FaultyMount.make(`${path}-behind`, path, faults);
  }

  /** @param path An empty folder. */
  static async make(
    folder: string,
    path: string,
    faults: readonly Fault[],
  ): Promise<FaultyMount> {
    const device = Deno.statSync(path).dev;
    const process = new Deno.Command("/usr/bin/python3", {
      args: [SCRIPT, folder, path, JSON.stringify(faults)],
      stdin: "null",
      stdout: "null",
    }).spawn();
    let ended = false;
    process.status.then(() => ended = true);
    const mount = new FaultyMount(path, process);
    for (const began = Date.now(); Deno.statSync(path).dev === device;) {
      if (ended || Date.now() - began > WAIT_MS) throw new Error(`cannot mount ${path}`);
      await delay(20);
    }
    return mount;
  }

  /** Ends the process behind the mount, which is dead then: `ENOTCONN`. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runPeer("fusermount", ["-u", "-z", this.path]);
    await this.process.status;
  }
}
