import { fromFileUrl } from "@std/path";

/** Version of the C ABI these bindings speak; `pbs_abi_version` of the shared object must be equal. */
const ABI_VERSION = 4;

/**
 * Path of the native core: `PBS_CLIENT_NATIVE` if set, else what the release build left in the
 * source tree.
 */
export function nativeLibraryPath(): string {
  return Deno.env.get("PBS_CLIENT_NATIVE") ??
    fromFileUrl(new URL("../native/target/release/libpbs_native.so", import.meta.url));
}

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
