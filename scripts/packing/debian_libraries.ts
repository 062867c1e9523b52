import type { Architecture } from "./architecture.ts";
import { closeLoader } from "./close_loader.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

/** Libraries by the Debian package they come from: those of the runtime, and libfuse, which mounts need. */
const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  "libc6": ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"],
  "libgcc-s1": ["libgcc_s.so.1"],
  "libfuse3-3": ["libfuse3.so.3"],
};

/**
 * The loader and the libraries for an architecture, from Debian's packages, of which nothing is
 * installed.
 *
 * @param folder Where packages are kept.
 * @throws {Error} if they cannot be fetched.
 */
export async function debianLibraries(
  architecture: Architecture,
  folder: string,
): Promise<PackedFile[]> {
  const unpacked = `${folder}/files`;
  if (!exists(unpacked)) await fetchPackages(architecture, folder, unpacked);
  const loader = closeLoader(findLibrary(unpacked, architecture.loader));
  return [
    // The process is called after this file.
    { path: "pbs-client", bytes: loader, kind: "executable" },
    ...Object.values(LIBRARIES).flat().map((name) => ({
      path: `lib/${name}`,
      bytes: findLibrary(unpacked, name),
      kind: "plain" as const,
    })),
  ];
}

async function fetchPackages(
  { debian }: Architecture,
  folder: string,
  unpacked: string,
): Promise<void> {
  const lists = `${folder}/lists`;
  await Deno.mkdir(`${lists}/partial`, { recursive: true });
  const options = [
    `Dir::State::Lists=${lists}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${folder}`,
    `APT::Architecture=${debian}`,
    `APT::Architectures=${debian}`,
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
  await runTool("apt-get", ["-qq", ...options, "update"]);
  const names = Object.keys(LIBRARIES).map((name) => `${name}:${debian}`);
  await runTool("apt-get", ["-qq", ...options, "download", ...names], { cwd: folder });
  const partial = `${unpacked}.part`;
  for (const { name } of Deno.readDirSync(folder)) {
    if (name.endsWith(".deb")) await runTool("dpkg-deb", ["-x", `${folder}/${name}`, partial]);
  }
  await Deno.rename(partial, unpacked);
  await Deno.remove(lists, { recursive: true });
}

function findLibrary(folder: string, name: string): Uint8Array<ArrayBuffer> {
  const path = findFile(folder, name);
  if (path === undefined) throw new Error(`there is no "${name}" below "${folder}"`);
  return Deno.readFileSync(path);
}

/** Also one that a symbolic link leads to, which is relative within a package. */
function findFile(folder: string, name: string): string | undefined {
  for (const entry of Deno.readDirSync(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) {
      const found = findFile(path, name);
      if (found !== undefined) return found;
    } else if (entry.name === name && exists(path)) return path;
  }
  return undefined;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
