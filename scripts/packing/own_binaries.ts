import { fromFileUrl } from "@std/path";
import { type Architecture, isOwn } from "./architecture.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

const NATIVE = fromFileUrl(new URL("../../native/", import.meta.url));

/** Binaries made from the sources of this repository. */
export interface OwnBinaries {
  readonly launcher: Uint8Array<ArrayBuffer>;
  readonly core: PackedFile;
}

/**
 * The launcher and the native core for an architecture. For this machine's they are built, for another
 * one they must have been.
 *
 * @param folder Folder for the core without its symbols.
 */
export async function ownBinaries(
  architecture: Architecture,
  folder: string,
): Promise<OwnBinaries> {
  const isNative = isOwn(architecture);
  if (isNative) {
    await runTool("cargo", [
      ...["rustc", "--manifest-path", `${NATIVE}Cargo.toml`, "--release", "--locked", "--quiet"],
      ...["--package", "pbs-launcher", "--bin", "pbs-launcher"],
      // No library of the host is used by what is linked statically.
      ...["--", "-C", "target-feature=+crt-static"],
    ]);
  }
  const built = `${NATIVE}target/${isNative ? "" : `${architecture.target}/`}release`;
  const core = `${folder}/libpbs_native.so`;
  const strip = isNative ? "strip" : `${architecture.target.replace("-unknown", "")}-strip`;
  await runTool(strip, ["--strip-unneeded", "-o", core, `${built}/libpbs_native.so`]);
  return {
    launcher: await Deno.readFile(`${built}/pbs-launcher`),
    core: { path: "libpbs_native.so", bytes: await Deno.readFile(core), isExecutable: false },
  };
}
