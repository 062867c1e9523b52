import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeBlob } from "../blob/mod.ts";
import { AuthError, ConflictError, NotFoundError } from "../errors/mod.ts";
import { Datastore } from "./datastore.ts";
import { referenceLockFolder } from "./reference_lock_folder.ts";

/** Runs `body` in a folder that is removed afterwards. */
async function inFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  // In memory: a disk takes long for 65536 folders, and longer to forget them.
  const folder = Deno.makeTempDirSync({ dir: "/dev/shm" });
  try {
    await body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const isRoot = Deno.uid() === 0;

/** Mode and owner of a path. */
function rights(path: string): [number, number, number] {
  const stat = Deno.lstatSync(path);
  return [stat.mode! & 0o777, stat.uid!, stat.gid!];
}

Deno.test("create() makes what a server expects, whatever the umask", () =>
  inFolder(async (folder) => {
    const path = `${folder}/store`;
    const umask = Deno.umask(0o077);
    try {
      using datastore = Datastore.create(path);
      await datastore.files.makeFolder("host");
      const blob = await encodeBlob(new Uint8Array(10), { compress: false });
      await datastore.chunks.insert(new Uint8Array(32), blob);
      await datastore.chunkFolders.complete();
    } finally {
      Deno.umask(umask);
    }
    const owner = isRoot ? [34, 34] : [Deno.uid(), Deno.gid()];
    assertEquals(rights(path), [0o755, ...owner] as [number, number, number]);
    assertEquals(rights(`${path}/.chunks`), [0o750, ...owner] as [number, number, number]);
    assertEquals(rights(`${path}/.lock`), [0o644, ...owner] as [number, number, number]);
    assertEquals(rights(`${path}/host`), [0o755, ...owner] as [number, number, number]);
    const folders = [...Deno.readDirSync(`${path}/.chunks`)].map((entry) => entry.name).sort();
    assertEquals(folders.length, 65536);
    assertEquals([folders[0], folders[65535]], ["0000", "ffff"]);
    for (const name of ["0000", "7fff", "ffff"]) {
      assertEquals(
        rights(`${path}/.chunks/${name}`),
        [0o750, ...owner] as [number, number, number],
      );
    }
  }));

Deno.test("what is written belongs to the owner of the datastore", async () => {
  const folder = Deno.makeTempDirSync({ dir: "/dev/shm" });
  try {
    const owner = isRoot ? { uid: 1234, gid: 1235 } : { uid: Deno.uid()!, gid: Deno.gid()! };
    const path = `${folder}/store`;
    using datastore = Datastore.create(path, { owner, chunkFoldersOnDemand: true });
    const blob = await encodeBlob(new Uint8Array(10), { compress: false });
    await datastore.chunks.insert(new Uint8Array(32), blob);
    await datastore.files.replace("note", blob);
    datastore.files.create("growing")[Symbol.dispose]();
    using _lock = await datastore.locks.acquire("a", "host/a", "exclusive");
    const zeros = "0".repeat(64);
    const made = [".chunks/0000", `.chunks/0000/${zeros}`, "note", "growing", ".lock", ".locks"];
    for (const name of [...made, ".locks/a", ".locks/a/host-a"]) {
      const [, uid, gid] = rights(`${path}/${name}`);
      assertEquals({ name, uid, gid }, { name, ...owner });
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("create() refuses what is not empty, is a datastore or lies in one", () =>
  inFolder((folder) => {
    const options = { chunkFoldersOnDemand: true };
    Deno.mkdirSync(`${folder}/store/lost+found`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/store/.hidden`, "");
    Datastore.create(`${folder}/store`, options)[Symbol.dispose]();
    assertThrows(
      () => Datastore.create(`${folder}/store`, options),
      ConflictError,
      "is a datastore already",
    );
    assertThrows(
      () => Datastore.create(`${folder}/store/inner`, options),
      ConflictError,
      "lies inside datastore",
    );
    Deno.mkdirSync(`${folder}/full`);
    Deno.writeTextFileSync(`${folder}/full/file`, "");
    assertThrows(() => Datastore.create(`${folder}/full`, options), ConflictError, 'is "file"');
    assertThrows(() => Datastore.create(`${folder}/a/b`, options), NotFoundError, "No such file");
  }));

Deno.test("create() goes on where a crash left chunk folders", () =>
  inFolder((folder) => {
    Deno.mkdirSync(`${folder}/store/.chunks.new/0003`, { recursive: true });
    assertThrows(() => Datastore.open(`${folder}/store`), NotFoundError);
    using _datastore = Datastore.create(`${folder}/store`, { chunkFoldersOnDemand: true });
    assertEquals([...Deno.readDirSync(`${folder}/store`)].map(({ name }) => name).sort(), [
      ".chunks",
      ".lock",
    ]);
    assert(Deno.statSync(`${folder}/store/.chunks/0003`).isDirectory);
  }));

Deno.test("open() creates nothing in a folder that is no datastore", () =>
  inFolder((folder) => {
    assertThrows(() => Datastore.open(`${folder}/absent`), NotFoundError, "there is no folder");
    assertThrows(() => Datastore.open(folder), NotFoundError, "is the disk mounted?");
    Deno.writeTextFileSync(`${folder}/.chunks`, "");
    assertThrows(() => Datastore.open(folder), NotFoundError, "is not a datastore");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  }));

Deno.test("open() by a symlink and by its target is the same datastore", () =>
  inFolder((folder) => {
    using made = Datastore.create(`${folder}/store`, { chunkFoldersOnDemand: true });
    Deno.symlinkSync(`${folder}/store`, `${folder}/link`);
    using opened = Datastore.open(`${folder}/link`);
    assertEquals(opened.path, made.path);
  }));

Deno.test("open() without permission says so", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    Datastore.create(`${folder}/store`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    Deno.chmodSync(`${folder}/store/.chunks`, 0);
    const script = `
      import { Datastore } from "${new URL("./datastore.ts", import.meta.url)}";
      try { Datastore.open("${folder}/store"); } catch (error) { console.log(error.name); }`;
    const command = [Deno.execPath(), "eval", "--no-lock", "--ext=ts", script];
    // The superuser may read everything, unless it gives that up.
    if (isRoot) command.unshift("setpriv", "--bounding-set=-dac_override,-dac_read_search");
    const { stdout } = await new Deno.Command(command[0]!, { args: command.slice(1) }).output();
    assertEquals(new TextDecoder().decode(stdout).trim(), AuthError.name);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("referenceLockFolder() finds the datastore of a server of this machine", () =>
  inFolder((folder) => {
    const config = `${folder}/datastore.cfg`;
    Deno.writeTextFileSync(
      config,
      "datastore: one\n\tpath /mnt/one\n\tcomment x\n\ndatastore: two\n\tpath /mnt/two/\n\nother: x\n\tpath /mnt/three\n",
    );
    const find = (root: string) => referenceLockFolder(root, config, "/locks");
    assertEquals(find("/mnt/one"), "/locks/one");
    assertEquals(find("/mnt/two"), "/locks/two");
    assertEquals(find("/mnt/three"), undefined);
    assertEquals(find("/mnt/one/x"), undefined);
    assertEquals(referenceLockFolder("/mnt/one", `${folder}/absent`), undefined);
  }));
