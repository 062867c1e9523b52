import { assert, assertEquals } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { UsedRepositories } from "./used_repositories.ts";

Deno.test("UsedRepositories counts uses and forgets those least used", async () => {
  await using dir = await TempDir.make();
  const path = `${dir.path}/cache/repo-list`;
  const used = new UsedRepositories(path);
  assertEquals(used.names(), []);
  for (let i = 0; i < 12; i++) {
    for (let uses = 0; uses <= i; uses++) assertEquals(used.count(`host${i}:tank`), undefined);
  }
  used.count("new:tank");
  const stored = JSON.parse(await Deno.readTextFile(path));
  assertEquals(Object.keys(stored).length, 10);
  assertEquals([stored["new:tank"], stored["host11:tank"], stored["host2:tank"]], [
    1,
    12,
    undefined,
  ]);
  assertEquals(used.names().toSorted(), Object.keys(stored).toSorted());
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
});

Deno.test("UsedRepositories takes a damaged file for an empty one", async () => {
  await using dir = await TempDir.make();
  const path = `${dir.path}/repo-list`;
  for (const text of ["", "{", "[1]", "null", '"a"', '{"a:b": "many", "c:d": 1.5}', "\xff\0"]) {
    await Deno.writeTextFile(path, text);
    const used = new UsedRepositories(path);
    assertEquals(used.names(), [], text);
    assertEquals(used.count("host:tank"), undefined, text);
    assertEquals(used.names(), ["host:tank"], text);
  }
});

Deno.test("UsedRepositories says why it cannot store", () => {
  assert(new UsedRepositories("/dev/null/x/repo-list").count("a:b")?.startsWith("cannot write"));
});
