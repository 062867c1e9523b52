import { fromFileUrl } from "@std/path";
import { type Architecture, isOwn } from "./architecture.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

const NATIVE = fromFileUrl(new URL("../../native/", import.meta.url));
const BUILD_FOR_ARM64 = fromFileUrl(new URL("../build_arm64", import.meta.url));

/**
 * The launcher for an architecture. For this machine's it is built, for another one {@linkcode nativeCore}
 * has done that.
 */
export async function launcher(
  architecture: Architecture,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isOwn(architecture)) {
    await runTool("cargo", [
      ...["rustc", "--manifest-path", `${NATIVE}Cargo.toml`, "--release", "--locked", "--quiet"],
      ...["--package", "pbs-launcher", "--bin", "pbs-launcher"],
      // What is linked statically uses no library of the host.
      ...["--", "-C", "target-feature=+crt-static"],
    ]);
  }
  return await Deno.readFile(`${releaseFolder(architecture)}/pbs-launcher`);
}

/**
 * The native core for an architecture, without its symbols: this machine's must have been built, another
 * one's is.
 *
 * @param folder Folder to work in.
 * @throws {Error} if this machine cannot build for that architecture.
 */
export async function nativeCore(architecture: Architecture, folder: string): Promise<PackedFile> {
  let path = `${releaseFolder(architecture)}/libpbs_native.so`;
  if (isOwn(architecture)) {
    const stripped = `${folder}/libpbs_native.so`;
    await runTool("strip", ["--strip-unneeded", "-o", stripped, path]);
    path = stripped;
  } else if (architecture.name === "aarch64") await runTool(BUILD_FOR_ARM64, []);
  else throw new Error(`"${architecture.name}" can only be built for on such a machine`);
  return { path: "libpbs_native.so", bytes: await Deno.readFile(path), kind: "plain" };
}

function releaseFolder(architecture: Architecture): string {
  return `${NATIVE}target/${isOwn(architecture) ? "" : `${architecture.target}/`}release`;
}
