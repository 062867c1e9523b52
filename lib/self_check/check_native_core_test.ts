import { assertEquals, assertMatch } from "@std/assert";
import { checkNativeCore } from "./check_native_core.ts";

Deno.test("checkNativeCore() finds the native core good", async () => {
  const findings = await checkNativeCore();
  assertEquals(findings.map(({ part, verdict }) => [part, verdict]), [
    ["native core", "good"],
    ["rolling hash", "good"],
    ["SHA-256", "good"],
    ["blobs", "good"],
  ], findings.map(({ detail }) => detail).join("\n"));
});

Deno.test("checkFolder() refuses a folder that others may write to, and what is none", async () => {
  const { checkFolder } = await import("./check_folder.ts");
  const top = await Deno.makeTempDir({ dir: "/dev/shm" });
  try {
    const check = (path: string) => checkFolder("cache", path);
    assertEquals(check(top), { part: "cache", verdict: "good", detail: top });
    assertEquals(check(`${top}/none`).verdict, "good");
    await Deno.chmod(top, 0o777);
    assertMatch(check(top).detail, /others than its owner may write to .*: chmod go-w/);
    await Deno.writeTextFile(`${top}/file`, "");
    assertMatch(check(`${top}/file`).detail, /no folder/);
    assertEquals(check(`${top}/file`).verdict, "bad");
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});
