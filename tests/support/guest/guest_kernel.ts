import { fromFileUrl } from "@std/path";
import { runPeer } from "../run_peer.ts";
import { unpackOnce } from "./unpack_once.ts";

const folder = fromFileUrl(new URL("../../../.setup/guest", import.meta.url));
/** Debian's package that depends on the newest kernel for virtual machines. */
const PACKAGE = "linux-image-cloud-amd64";

/** A kernel that is not this machine's. */
export interface GuestKernel {
  /** Path of what a machine starts. */
  readonly path: string;
  /** Content of a module's file, by the module's name. */
  module(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Debian's kernel for virtual machines: fetched with apt and unpacked beside the clone when it is
 * first asked for, not installed.
 *
 * @throws {Error} if it cannot be had.
 */
export async function guestKernel(): Promise<GuestKernel> {
  const unpacked = `${folder}/kernel`;
  await unpackOnce(unpacked, imagePackage);
  const [release] = [...Deno.readDirSync(`${unpacked}/lib/modules`)].map(({ name }) => name);
  const modules = await runPeer("find", [`${unpacked}/lib/modules`, "-name", "*.ko"]);
  return {
    path: `${unpacked}/boot/vmlinuz-${release}`,
    module: async (name) => {
      const path = modules.split("\n").find((path) => path.endsWith(`/${name}.ko`));
      if (path === undefined) throw new Error(`the kernel ${release} has no module "${name}"`);
      return await Deno.readFile(path);
    },
  };
}

/** The package with the kernel itself: its name has the release in it. */
async function imagePackage(): Promise<string[]> {
  const text = await runPeer("apt-cache", ["depends", PACKAGE], { codes: [0, 100] });
  const name = /Depends: (linux-image-\S+)/.exec(text)?.[1];
  if (name === undefined) throw new Error(`apt knows no package ${PACKAGE}`);
  return [name];
}
