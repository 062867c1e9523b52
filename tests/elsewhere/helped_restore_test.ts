import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type BackupSnapshot,
  formatSnapshotPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { eventually } from "../support/eventually.ts";
import { helpedRepository } from "../support/helped_repository.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import {
  chunkFiles,
  hurt,
  open,
  RepairWorld,
  restoredChunks,
  run,
  snapshotFiles,
  type StoredSnapshot,
} from "../support/repair_world.ts";
import { type RestoreEnd, restoreStored } from "../support/restore_stored.ts";

const ENCRYPTED = ["secret", "hidden", "locked"];

/** Restores an archive of a snapshot. */
async function restore(
  world: RepairWorld,
  repository: Repository,
  { snapshot, isImage }: StoredSnapshot,
  target: string,
): Promise<RestoreEnd> {
  const options = ENCRYPTED.includes(snapshot.id) ? { crypt: world.crypt.config } : {};
  const name = isImage ? "disk.img" : "tree.pxar";
  return await restoreStored(repository, name, target, options, snapshot);
}

/** Restores all archives of all snapshots, and compares them with their sources. */
async function assertAllRestore(world: RepairWorld, repository: Repository): Promise<void> {
  for (const stored of world.snapshots) {
    const { snapshot, isImage, source } = stored;
    const target = await Deno.makeTempDir({ dir: world.folder });
    const path = formatSnapshotPath(snapshot);
    const end = await restore(world, repository, stored, `${target}/whole`);
    assertEquals(end.error, undefined, `${path}: ${end.lines.join("\n")}`);
    await run("diff", "-r", isImage ? `${source}/image` : `${source}/tree`, `${target}/whole`);
    if (!isImage) {
      const options = ENCRYPTED.includes(snapshot.id) ? { crypt: world.crypt.config } : {};
      const conf = await restoreStored(
        repository,
        "app.conf",
        `${target}/conf`,
        options,
        snapshot,
      );
      assertEquals(conf.error, undefined, path);
      await run("cmp", `${source}/conf`, `${target}/conf`);
    }
    await Deno.remove(target, { recursive: true });
  }
}

/** Those of some chunks that restores read. */
function restored(world: RepairWorld, chunks: readonly string[]): string[] {
  const read = new Set(restoredChunks(`${world.folder}/first`, world.snapshots));
  return chunks.filter((name) => read.has(name));
}

/** Two halves of a list, at random. */
function halves<T>(items: readonly T[], chance: Chance): [T[], T[]] {
  const [one, other]: [T[], T[]] = [[], []];
  for (const item of items) (chance.below(2) === 0 ? one : other).push(item);
  return [one, other];
}

Deno.test("two repositories, each with half of its chunks and files hurt, restore everything together", async () => {
  await using world = await RepairWorld.make();
  for (const seed of [1, 2]) {
    const chance = new Chance(seed);
    const stores = [await world.copy(`a${seed}`), await world.copy(`b${seed}`)];
    const chunks = halves(chunkFiles(stores[0]!), chance);
    const files = halves(
      snapshotFiles(stores[0]!, world.snapshots).filter((name) =>
        !name.endsWith("index.json.blob")
      ),
      chance,
    );
    for (const [which, store] of stores.entries()) {
      for (const name of chunks[which]!) hurt(`${store}/.chunks/${name}`, chance);
      for (const name of files[which]!) {
        hurt(`${store}/${name}`, chance, name.endsWith("idx") ? 4096 : 0);
      }
    }
    await using a = open(stores[0]!);
    await using b = open(stores[1]!);
    await using helped = helpedRepository(a, b);
    await assertAllRestore(world, helped.repository);
    const [use] = helped.uses();
    assertEquals(use?.chunks, restored(world, chunks[0]).length, "each is counted once");
    assert(use!.files > 0);
    assertEquals(helped.lines, []);
    await using reverse = helpedRepository(b, a);
    await assertAllRestore(world, reverse.repository);
  }
});

Deno.test("what no repository has is told with all places that were asked, the rest is restored", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const [a, b, c] = [await world.copy("a"), await world.copy("b"), await world.copy("c")];
  const [stored] = world.snapshots as [StoredSnapshot];
  const [, gone, damaged] = restoredChunks(a, [stored]) as [string, string, string];
  for (const store of [a, b, c]) Deno.removeSync(`${store}/.chunks/${gone}`);
  for (const store of [a, b]) Deno.truncateSync(`${store}/.chunks/${damaged}`, 40);
  await using repository = open(a);
  await using second = open(b);
  await using third = open(c);
  await using helped = helpedRepository(repository, second, third);
  const { error, lines } = await restore(world, helped.repository, stored, `${world.folder}/out`);
  const text = [error!.message, ...lines].join("\n");
  assertStringIncludes(text, gone.slice(5));
  assertMatch(text, new RegExp(`no good one is in ${b} \\(.*\\), nor in ${c} \\(`));
  assert(!text.includes(`chunk ${damaged.slice(5)}`), "the third one has it");
  const refused = `warn: chunk ${damaged.slice(5)}: not taken from ${b} (`;
  const told = helped.lines.filter((line) => line.startsWith(refused));
  assertEquals(told.length, 1, "each refused chunk is told once");
  assertEquals(helped.uses().map(({ chunks }) => chunks), [0, 1]);
});

Deno.test("a repository that lies is not believed, the next one is asked", async () => {
  await using world = await RepairWorld.make(["legacy", "hidden", "disk"]);
  const [a, liar] = [await world.copy("a"), await world.copy("liar")];
  const files = chunkFiles(a);
  for (const [number, name] of files.entries()) {
    Deno.removeSync(`${a}/.chunks/${name}`);
    // A chunk that is sound, and another one.
    const other = files[(number + 1) % files.length]!;
    Deno.copyFileSync(`${world.folder}/first/.chunks/${other}`, `${liar}/.chunks/${name}`);
  }
  for (const { snapshot } of world.snapshots) {
    // Files that are sound, and those of another snapshot.
    const [path, time] = [formatSnapshotPath(snapshot), snapshot.time];
    const other = world.snapshots.find(({ snapshot: each }) =>
      each.id === snapshot.id && each.time !== time
    )!;
    for (const { name } of Deno.readDirSync(`${a}/${path}`)) {
      if (name === "index.json.blob") continue;
      Deno.removeSync(`${a}/${path}/${name}`);
      const from = `${world.folder}/first/${formatSnapshotPath(other.snapshot)}/${name}`;
      Deno.copyFileSync(from, `${liar}/${path}/${name}`);
    }
  }
  await using repository = open(a);
  await using lying = open(liar);
  await using honest = open(`${world.folder}/first`);
  {
    await using helped = helpedRepository(repository, lying);
    for (const stored of world.snapshots) {
      const target = `${world.folder}/lie-${stored.snapshot.id}-${stored.snapshot.time}`;
      const { error } = await restore(world, helped.repository, stored, target);
      assertMatch(error!.message, /no good one is in/);
    }
    assertEquals(helped.uses().map(({ chunks, files }) => [chunks, files]), [[0, 0]]);
  }
  await using helped = helpedRepository(repository, lying, honest);
  await assertAllRestore(world, helped.repository);
  assertEquals(helped.uses().map(({ chunks }) => chunks), [0, restored(world, files).length]);
});

Deno.test("a server helps: with the same snapshot, and with others of its group", async () => {
  await using world = await RepairWorld.make(["legacy", "hidden", "disk"]);
  await withRemoteRepository(async (other, server) => {
    for (const name of ["host", ".chunks"]) {
      await run("cp", "-a", `${world.folder}/first/${name}`, `${server.datastorePath}/`);
    }
    const a = await world.copy("a");
    const chance = new Chance(12);
    const hurtFiles = chunkFiles(a).filter(() => chance.below(3) === 0);
    for (const name of hurtFiles) hurt(`${a}/.chunks/${name}`, chance);
    const [first, second] = world.snapshots as [StoredSnapshot, StoredSnapshot];
    Deno.removeSync(`${a}/${formatSnapshotPath(first.snapshot)}/tree.pxar.didx`);
    await using repository = open(a);
    {
      await using helped = helpedRepository(repository, other);
      await assertAllRestore(world, helped.repository);
      assertEquals(helped.uses()[0]?.chunks, restored(world, hurtFiles).length);
      assertEquals(helped.uses().map(({ files }) => files), [1]);
    }
    // The copy of the snapshot goes, that of another time names most of its chunks.
    for (const name of chunkFiles(a)) Deno.removeSync(`${a}/.chunks/${name}`);
    const forget = (snapshot: BackupSnapshot) =>
      eventually(() => other.forgetSnapshot("", snapshot));
    await forget(second.snapshot);
    {
      await using helped = helpedRepository(repository, other);
      const target = `${world.folder}/second`;
      const { error, lines } = await restore(world, helped.repository, second, target);
      assert(helped.uses()[0]!.chunks > 0, error?.message + lines.join("\n"));
      const text = [error!.message, ...lines].join("\n");
      assertStringIncludes(text, "no snapshot of host/legacy there names it");
    }
    await forget(first.snapshot);
    await using alone = helpedRepository(repository, other);
    const target = `${world.folder}/third`;
    const { error, lines } = await restore(world, alone.repository, second, target);
    const text = [error!.message, ...lines].join("\n");
    assertStringIncludes(text, "it has no snapshot of host/legacy");
  });
});

Deno.test("a server is helped: what it refuses or lacks comes from a directory", async () => {
  await using world = await RepairWorld.make(["legacy", "hidden", "disk"]);
  await withRemoteRepository(async (repository, server) => {
    const store = server.datastorePath;
    for (const name of ["host", ".chunks"]) {
      await run("cp", "-a", `${world.folder}/first/${name}`, `${store}/`);
    }
    const chance = new Chance(13);
    const hurtFiles = chunkFiles(store).filter(() => chance.below(3) === 0);
    for (const name of hurtFiles) hurt(`${store}/.chunks/${name}`, chance);
    await using other = open(`${world.folder}/first`);
    {
      await using helped = helpedRepository(repository, other);
      await assertAllRestore(world, helped.repository);
      assertEquals(helped.uses()[0]?.chunks, restored(world, hurtFiles).length);
    }
    // Without an index the server gives none of its chunks.
    const [first] = world.snapshots as [StoredSnapshot];
    Deno.truncateSync(`${store}/${formatSnapshotPath(first.snapshot)}/tree.pxar.didx`, 5000);
    await using helped = helpedRepository(repository, other);
    await assertAllRestore(world, helped.repository);
  });
});

Deno.test("a server that goes away while it helps is named, and not asked again at once", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const a = await world.copy("a");
  for (const name of chunkFiles(a)) Deno.removeSync(`${a}/.chunks/${name}`);
  await using repository = open(a);
  let ended: Repository | undefined;
  await withRemoteRepository((other) => {
    ended = other;
    return Promise.resolve();
  });
  await using helped = helpedRepository(repository, ended!);
  const [stored] = world.snapshots as [StoredSnapshot];
  const { error, lines } = await restore(world, helped.repository, stored, `${world.folder}/out`);
  assertStringIncludes(
    [error!.message, ...lines].join("\n"),
    "no good one is in admin@pbs@127.0.0.1",
  );
  assert(helped.lines.length < 5, helped.lines.join("\n"));
});
