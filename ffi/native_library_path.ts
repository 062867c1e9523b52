import { fileURLToPath } from "node:url";

const FILE_NAME = "libpbs_native.so";
/** Folders in which administrators and packages of distributions put it. */
const STANDARD_FOLDERS = ["/usr/local/lib/pbs-client", "/usr/lib/pbs-client"];

/**
 * Path of the native core: `PBS_CLIENT_NATIVE` if set and not empty; else the first there is of what the release
 * build left in the source tree, a file beside the package (`libpbs_native.so` in its top folder),
 * and `pbs-client/libpbs_native.so` in `/usr/local/lib` and `/usr/lib`.
 *
 * @throws {Error} if there is none; the message says where it was looked for.
 */
export function nativeLibraryPath(): string {
  return Deno.env.get("PBS_CLIENT_NATIVE") || findNativeLibrary(nativeLibraryPlaces());
}

/**
 * Path of another shared object in the folder of the native core: what carries the native core with it
 * may carry others too.
 *
 * @param names Names of the file, the first one there is counts.
 */
export function libraryBesideNative(names: readonly string[]): string | undefined {
  const native = Deno.env.get("PBS_CLIENT_NATIVE") || nativeLibraryPlaces().find(isFile);
  const folder = native?.slice(0, native.lastIndexOf("/") + 1);
  return folder && names.map((name) => folder + name).find(isFile);
}

/** The first of some paths where a file is. @throws {Error} if there is none. */
export function findNativeLibrary(places: readonly string[]): string {
  const found = places.find(isFile);
  if (found !== undefined) return found;
  throw new Error(
    `the native library is in none of these places: ${places.join(", ")}; ` +
      "build it with cargo build --release in the folder native, " +
      "or say where it is with the environment variable PBS_CLIENT_NATIVE",
  );
}

/**
 * Places where the native core is looked for, in order.
 *
 * @param module Address of this module: a package that was not installed as files has no places of
 *   its own.
 */
export function nativeLibraryPlaces(module: string = import.meta.url): string[] {
  const ofPackage = module.startsWith("file:")
    ? ["../native/target/release/", "../"].map((folder) =>
      fileURLToPath(new URL(`${folder}${FILE_NAME}`, module))
    )
    : [];
  return [...ofPackage, ...STANDARD_FOLDERS.map((folder) => `${folder}/${FILE_NAME}`)];
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
