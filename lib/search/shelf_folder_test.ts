import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { createCryptConfig, sha256 } from "../crypto/mod.ts";
import { NameTreeBuilder } from "./_name_tree_builder.ts";
import { NameShelf } from "./name_shelf.ts";
import { ShelfFolder } from "./shelf_folder.ts";

const CHECKSUM = sha256(Uint8Array.of(1));

/** A shelf with one archive of names that cannot be compressed. */
function shelfOf(names: number, shelf: NameShelf = new NameShelf()): NameShelf {
  const builder = new NameTreeBuilder();
  builder.begin();
  for (let i = 0; i < names; i++) {
    const name = crypto.getRandomValues(new Uint8Array(200)).map((byte) => byte | 0x80);
    builder.add({ type: "f", name, size: i, mtimeSecs: i });
  }
  const { root, block } = builder.finish();
  shelf.add(block, root, CHECKSUM);
  return shelf;
}

Deno.test("names are found for the same repository, group and key alone", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/names`;
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  const folder = new ShelfFolder(path, "one");
  const crypt = await createCryptConfig(new Uint8Array(32).fill(1));
  const isThere = (shelf: NameShelf) => shelf.rootOf(CHECKSUM) !== undefined;
  assert(!isThere(folder.load("host/a", undefined, log)));
  assertEquals(folder.save("host/a", undefined, shelfOf(3)), undefined);
  assert(isThere(folder.load("host/a", undefined, log)));
  assert(!isThere(folder.load("host/b", undefined, log)));
  assert(!isThere(new ShelfFolder(path, "two").load("host/a", undefined, log)));
  assert(!isThere(folder.load("host/a", crypt, log)));
  folder.save("host/a", crypt, shelfOf(3, new NameShelf(crypt)));
  assert(isThere(folder.load("host/a", crypt, log)));
  assertEquals([...Deno.readDirSync(path)].length, 2);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o700);
  assertEquals(lines, []);
});

Deno.test("a file that is damaged, of somebody else, or no file counts as absent", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = new ShelfFolder(dir.path, "one");
  folder.save("host/a", undefined, shelfOf(3));
  const [file] = [...Deno.readDirSync(dir.path)];
  const path = `${dir.path}/${file!.name}`;
  const lines: string[] = [];
  for (const content of ["", "PBSNAME1 and more", "x".repeat(1000)]) {
    Deno.writeTextFileSync(path, content);
    const shelf = folder.load("host/a", undefined, (line) => void lines.push(line));
    assertEquals(shelf.rootOf(CHECKSUM), undefined);
  }
  assertEquals(lines.length, 3);
  assertStringIncludes(lines[0]!, "is made anew");
  Deno.removeSync(path);
  Deno.mkdirSync(path);
  assertEquals(folder.load("host/a", undefined, () => {}).rootOf(CHECKSUM), undefined);
  assertStringIncludes(folder.save("host/a", undefined, shelfOf(3))!, "cannot keep names");
});

Deno.test("the folder is bounded: what was not used for the longest time goes", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const small = shelfOf(300);
  const folder = new ShelfFolder(dir.path, "one", 3.5 * small.byteLength);
  const known = new Set<string>();
  for (const [age, group] of ["a", "b", "c"].entries()) {
    folder.save(group, undefined, small);
    const file = [...Deno.readDirSync(dir.path)].find(({ name }) => !known.has(name))!;
    known.add(file.name);
    Deno.utimeSync(`${dir.path}/${file.name}`, 1000 + age, 1000 + age);
  }
  // What an interrupted process has left, long ago.
  Deno.writeTextFileSync(`${dir.path}/.new-x`, "");
  Deno.utimeSync(`${dir.path}/.new-x`, 0, 0);
  folder.touch("a", undefined);
  folder.save("d", undefined, small);
  const there = ["a", "b", "c", "d"].filter((group) =>
    folder.load(group, undefined, () => {}).rootOf(CHECKSUM) !== undefined
  );
  assertEquals(there, ["a", "c", "d"]);
  assertEquals([...Deno.readDirSync(dir.path)].length, 3);
});

Deno.test("of two processes that store at once one wins, and nobody sees half of a file", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const script = `
    import { ShelfFolder } from ${
    JSON.stringify(new URL("./shelf_folder.ts", import.meta.url).href)
  };
    import { NameShelf } from ${JSON.stringify(new URL("./name_shelf.ts", import.meta.url).href)};
    const bytes = Deno.readFileSync(Deno.args[0] + "/source");
    const folder = new ShelfFolder(Deno.args[0] + "/names", "one");
    for (let i = 0; i < 40; i++) {
      const problem = folder.save("host/a", undefined, NameShelf.parse(bytes));
      if (problem !== undefined) throw new Error(problem);
      folder.load("host/a", undefined, (line) => { throw new Error(line); });
    }`;
  Deno.writeFileSync(`${dir.path}/source`, shelfOf(2000).toBytes());
  Deno.writeTextFileSync(`${dir.path}/script.ts`, script);
  const run = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--cached-only", `${dir.path}/script.ts`, dir.path],
      stderr: "piped",
    }).output();
  for (const { code, stderr } of await Promise.all([run(), run()])) {
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  }
  assertEquals([...Deno.readDirSync(`${dir.path}/names`)].length, 1);
});
