import { fromFileUrl } from "@std/path";
import { type Architecture, isOwn } from "./architecture.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

const NATIVE = fromFileUrl(new URL("../../native/", import.meta.url));

/**
 * The launcher for an architecture. For this machine's it is built, for another one it must have been.
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
 * The native core for an architecture, which must have been built, without its symbols.
 *
 * @param folder Folder to work in.
 */
export async function nativeCore(architecture: Architecture, folder: string): Promise<PackedFile> {
  const path = `${folder}/libpbs_native.so`;
  const strip = isOwn(architecture)
    ? "strip"
    : `${architecture.target.replace("-unknown", "")}-strip`;
  const built = `${releaseFolder(architecture)}/libpbs_native.so`;
  await runTool(strip, ["--strip-unneeded", "-o", path, built]);
  return { path: "libpbs_native.so", bytes: await Deno.readFile(path), kind: "plain" };
}

function releaseFolder(architecture: Architecture): string {
  return `${NATIVE}target/${isOwn(architecture) ? "" : `${architecture.target}/`}release`;
}
