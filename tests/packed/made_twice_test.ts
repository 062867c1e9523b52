import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PACK_LEVEL, packedExecutable } from "../support/packed_executable.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const SCRIPT = fromFileUrl(new URL("../../scripts/pack", import.meta.url));

Deno.test("the packed executable made twice is the same, byte for byte", async () => {
  await using dir = await TempDir.make();
  const again = `${dir.path}/again`;
  await runPeer(SCRIPT, ["--level", PACK_LEVEL, "--output", again]);
  const sums = await runPeer("sha256sum", [await packedExecutable(), again]);
  const [first, second] = sums.split("\n").map((line) => line.slice(0, 64));
  assertEquals(second, first);
});
