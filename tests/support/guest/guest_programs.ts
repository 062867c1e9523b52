import { fromFileUrl } from "@std/path";
import { runPeer } from "../run_peer.ts";
import { type CpioEntry, cpioFile } from "./cpio_archive.ts";
import { unpackOnce } from "./unpack_once.ts";

const folder = fromFileUrl(new URL("../../../.setup/guest", import.meta.url));
/** LVM and those of its libraries that a machine without it may lack. */
const LVM_PACKAGES = [
  ...["lvm2", "libaio1", "libdevmapper1.02.1", "libdevmapper-event1.02.1", "libedit2", "libbsd0"],
];
const LIBRARIES = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/**
 * Path of the program of LVM: fetched with apt and unpacked beside the clone when it is first asked for,
 * not installed, so that it never sees the disks of this machine.
 *
 * @throws {Error} if it cannot be had.
 */
export async function lvmProgram(): Promise<string> {
  const unpacked = `${folder}/lvm`;
  await unpackOnce(unpacked, () => Promise.resolve(LVM_PACKAGES));
  return `${unpacked}/sbin/lvm`;
}

/**
 * Programs with their libraries for a guest: the programs in `/sbin`, the libraries in `/lib`.
 *
 * @param paths Of programs of this machine, or of {@linkcode lvmProgram}.
 */
export async function guestPrograms(paths: readonly string[]): Promise<CpioEntry[]> {
  const search = LIBRARIES.map((library) => `${folder}/lvm/${library}`).join(":");
  const found = new Map<string, string>();
  for (const path of paths) {
    const list = await runPeer("env", [`LD_LIBRARY_PATH=${search}`, "ldd", path]);
    for (const [, name, target] of list.matchAll(/^\s*(\S+) => (\/\S+) /gm)) {
      found.set(name!, target!);
    }
  }
  const libraries = [...found].map(([name, path]) => [`lib/${name}`, path] as const);
  const programs = paths.map((path) => [`sbin/${path.split("/").at(-1)}`, path] as const);
  const loader = ["lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"] as const;
  return await Promise.all(
    [loader, ...libraries, ...programs].map(async ([name, path]) =>
      cpioFile(name, await Deno.readFile(path), true)
    ),
  );
}
