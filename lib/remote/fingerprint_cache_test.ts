import { assert, assertEquals } from "@std/assert";
import { FingerprintCache } from "./fingerprint_cache.ts";

const first = "aa:".repeat(31) + "aa";
const second = "bb:".repeat(31) + "bb";

async function withFolder(body: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("FingerprintCache reads what the official client writes, lines of two words", () =>
  withFolder((folder) => {
    const path = `${folder}/fingerprints`;
    Deno.writeTextFileSync(path, `pbs1 ${first}\nthree words here\n[fd00::5]\t${second}\nlone\n`);
    const cache = new FingerprintCache(path);
    assertEquals(cache.load("pbs1"), first);
    assertEquals(cache.load("[fd00::5]"), second);
    assertEquals(cache.load("three"), undefined);
    assertEquals(cache.load("lone"), undefined);
  }));

Deno.test("FingerprintCache.store() keeps the other entries, puts the new one last, drops the rest", () =>
  withFolder((folder) => {
    const path = `${folder}/proxmox-backup/fingerprints`;
    const cache = new FingerprintCache(path);
    assertEquals(cache.store("pbs1", first), undefined);
    Deno.writeTextFileSync(path, `pbs1 ${first}\n# comment\nthree words here\npbs2 ${first}\n`);
    assertEquals(cache.store("pbs1", second), undefined);
    const text = Deno.readTextFileSync(path);
    assertEquals(text, `# comment\npbs2 ${first}\npbs1 ${second}\n`);
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o644);
    assertEquals([...Deno.readDirSync(`${folder}/proxmox-backup`)].length, 1);
  }));

Deno.test("FingerprintCache.store() says why it cannot store", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    const cache = new FingerprintCache(`${folder}/file/proxmox-backup/fingerprints`);
    assertEquals(cache.load("pbs1"), undefined);
    assert(cache.store("pbs1", first)?.startsWith("cannot write "));
  }));
