import { NativeFunction } from "./native_functions.ts";
import { Abi } from "./native_layout.ts";
import { nativeLibraryPath } from "./native_library_path.ts";

/** Of the process: one file is checked once. */
let checkedPath: string | undefined;

/**
 * Opens the native core and binds some of its functions.
 *
 * @param symbols The functions to bind.
 * @returns The bound functions. The library stays open for the life of the process.
 * @throws {Error} if the library is missing, lacks a function or has another ABI version.
 */
export function openNative<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S>["symbols"] {
  const path = nativeLibraryPath();
  checkVersion(path);
  return Deno.dlopen(path, symbols).symbols;
}

/** Refuses a library of another version, or of none: with other records nothing it says can be trusted. */
function checkVersion(path: string): void {
  if (path === checkedPath) return;
  const library = Deno.dlopen(path, {
    pbs_abi_version: { ...NativeFunction.pbs_abi_version, optional: true },
  });
  const version = library.symbols.pbs_abi_version?.();
  if (version === undefined) {
    throw new Error(`"${path}" is not the native core: it tells no ABI version`);
  }
  if (version !== Abi.Version) {
    throw new Error(
      `native core "${path}" has ABI version ${version}, this program needs ${Abi.Version}`,
    );
  }
  checkedPath = path;
}
