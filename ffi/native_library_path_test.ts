import { assertEquals, assertThrows } from "@std/assert";
import {
  findNativeLibrary,
  libraryBesideNative,
  nativeLibraryPlaces,
} from "./native_library_path.ts";

Deno.test("the native library is looked for in the tree, beside the package, in standard places", () => {
  assertEquals(nativeLibraryPlaces("file:///opt/my%20pbs/ffi/native_library_path.ts"), [
    "/opt/my pbs/native/target/release/libpbs_native.so",
    "/opt/my pbs/libpbs_native.so",
    "/usr/local/lib/pbs-client/libpbs_native.so",
    "/usr/lib/pbs-client/libpbs_native.so",
  ]);
  assertEquals(nativeLibraryPlaces("https://example.org/pkg/ffi/native_library_path.ts"), [
    "/usr/local/lib/pbs-client/libpbs_native.so",
    "/usr/lib/pbs-client/libpbs_native.so",
  ]);
});

Deno.test("the first native library there is counts; without any, the message has the way out", async () => {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  try {
    await Deno.mkdir(`${folder}/a`);
    const places = [`${folder}/absent.so`, `${folder}/a`, `${folder}/b.so`, `${folder}/c.so`];
    const error = assertThrows(() => findNativeLibrary(places), Error, `${folder}/c.so;`);
    assertEquals((error as Error).message.includes("PBS_CLIENT_NATIVE"), true);
    await Deno.writeTextFile(`${folder}/c.so`, "");
    assertEquals(findNativeLibrary(places), `${folder}/c.so`);
    await Deno.writeTextFile(`${folder}/b.so`, "");
    assertEquals(findNativeLibrary(places), `${folder}/b.so`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a library beside the native core is found by the first of its names", async () => {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  const before = Deno.env.get("PBS_CLIENT_NATIVE");
  try {
    Deno.env.set("PBS_CLIENT_NATIVE", `${folder}/libpbs_native.so`);
    const names = ["liba.so.3", "liba.so.4"];
    assertEquals(libraryBesideNative(names), undefined);
    await Deno.writeTextFile(`${folder}/liba.so.4`, "");
    assertEquals(libraryBesideNative(names), `${folder}/liba.so.4`);
    await Deno.writeTextFile(`${folder}/liba.so.3`, "");
    assertEquals(libraryBesideNative(names), `${folder}/liba.so.3`);
  } finally {
    if (before === undefined) Deno.env.delete("PBS_CLIENT_NATIVE");
    else Deno.env.set("PBS_CLIENT_NATIVE", before);
    await Deno.remove(folder, { recursive: true });
  }
});
