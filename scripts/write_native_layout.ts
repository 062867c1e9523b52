// Writes native/include/pbs_layout.h and ffi/native_layout.ts anew from what the native core, which has
// to be built before, tells of its records and values.
import { layoutHeader, layoutTypeScript, nativeLayout } from "../tests/support/native_layout.ts";

const tables = nativeLayout();
const root = new URL("../", import.meta.url);
await Deno.writeTextFile(new URL("native/include/pbs_layout.h", root), layoutHeader(tables));
await Deno.writeTextFile(new URL("ffi/native_layout.ts", root), layoutTypeScript(tables));
