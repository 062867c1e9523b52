// Writes native/include/pbs_layout.h, ffi/native_layout.ts and ffi/native_functions.ts anew from what the
// native core, which has to be built before, tells of its records, values and functions.
import { functionsTypeScript, nativeFunctions } from "../tests/support/native_functions.ts";
import { layoutHeader, layoutTypeScript, nativeLayout } from "../tests/support/native_layout.ts";

const tables = nativeLayout();
const root = new URL("../", import.meta.url);
await Deno.writeTextFile(new URL("native/include/pbs_layout.h", root), layoutHeader(tables));
await Deno.writeTextFile(new URL("ffi/native_layout.ts", root), layoutTypeScript(tables));
const functions = functionsTypeScript(nativeFunctions());
await Deno.writeTextFile(new URL("ffi/native_functions.ts", root), functions);
