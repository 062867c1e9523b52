import { nativeLibraryPath } from "./native_library_path.ts";

/** Version of the C ABI these bindings speak; `pbs_abi_version` of the shared object must be equal. */
const ABI_VERSION = 4;

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
  const version = Deno.dlopen(path, {
    pbs_abi_version: { parameters: [], result: "u32", optional: true },
  }).symbols.pbs_abi_version?.();
  if (version !== undefined && version !== ABI_VERSION) {
    throw new Error(
      `native core "${path}" has ABI version ${version}, this program needs ${ABI_VERSION}`,
    );
  }
  return Deno.dlopen(path, symbols).symbols;
}
