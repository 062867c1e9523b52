import { assert, assertEquals } from "@std/assert";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import type { LostEntry } from "../../lib/restore/mod.ts";
import { Chance } from "../support/chance.ts";
import { type RepairEnd, repairStored } from "../support/repair_in_process.ts";
import {
  chunkFiles,
  expectedLosses,
  hurtAtRandom,
  type Loss,
  open,
  RepairWorld,
  snapshotFiles,
  type StoredSnapshot,
} from "../support/repair_world.ts";
import { restoreStored } from "../support/restore_stored.ts";

const PLACES = { chunks: 36, indexes: 7, blobs: 7 };

Deno.test("fifty damaged places: whole from a second repository, told exactly without one", async (t) => {
  await using world = await RepairWorld.make();
  for (const seed of [1, 2, 3]) {
    const chance = new Chance(seed);
    const damaged = await world.copy(`damaged${seed}`);
    const hurtFiles = new Set(hurtAtRandom(damaged, world, chance, PLACES));
    assertEquals(hurtFiles.size, 50);
    const alone = await world.copy(`alone${seed}`, `damaged${seed}`);
    const crypt = world.crypt.config;

    await t.step(`seed ${seed}: what is lost is told`, async () => {
      await using repository = open(alone);
      const end = await repairStored(repository, { crypt });
      for (const stored of world.snapshots) {
        const expected = await expectedLosses(
          `${world.folder}/first`,
          damaged,
          hurtFiles,
          stored,
        );
        const path = formatSnapshotPath(stored.snapshot);
        assertEquals(lossesIn(end, path), expected, path);
        await assertNamed(world, alone, stored, end);
      }
      const { damaged: count } = end.report.snapshots;
      assert(count > 0);
    });

    await t.step(`seed ${seed}: all is whole again`, async () => {
      await using second = open(`${world.folder}/first`);
      {
        await using repository = open(damaged);
        const before = fingerprint(damaged);
        const looked = await repairStored(repository, { crypt, others: [second], dryRun: true });
        assertEquals(fingerprint(damaged), before, "a dry run changes nothing");
        assertAllWhole(looked);
        const end = await repairStored(repository, { crypt, others: [second] });
        assertAllWhole(end);
        assertEquals(end.report.chunksLost, 0);
        assertEquals(end.report.chunksRepaired, looked.report.chunksRepaired);
        assertEquals(end.report.chunksUnproven, 0);
      }
      await assertAsBefore(world, damaged);
      await using repository = open(damaged);
      assertEquals(await repository.verify({ namespace: "", ignoreVerified: false }, () => {}), {
        ok: true,
      });
      for (const stored of world.snapshots) await assertRestores(world, damaged, stored);
      const again = await repairStored(repository, { crypt });
      assertEquals(again.report.snapshots.whole, world.snapshots.length);
    });
  }
});

function lossesIn({ outcomes }: RepairEnd, path: string): Record<string, Loss> | string {
  const { state, lost } = outcomes.get(path)!;
  if (state === "unfinished") return state;
  assertEquals(state, lost.length > 0 ? "damaged" : "whole");
  return Object.fromEntries(
    lost.map(({ filename, extent, chunks }) => [filename, extent === "whole" ? extent : chunks]),
  );
}

function assertAllWhole({ outcomes, report, lines }: RepairEnd): void {
  const damaged = [...outcomes.values()].filter(({ state }) =>
    state !== "whole" && state !== "repaired"
  );
  assertEquals(damaged, [], lines.join("\n"));
  assert(report.snapshots.repaired > 0);
}

/** Every entry that a restore cannot bring back is named, and no other. */
async function assertNamed(
  world: RepairWorld,
  store: string,
  stored: StoredSnapshot,
  { outcomes }: RepairEnd,
): Promise<void> {
  const path = formatSnapshotPath(stored.snapshot);
  const { state, lost } = outcomes.get(path)!;
  const trees = lost.filter(({ filename }) => /\.[mp]?pxar\.didx$/.test(filename));
  if (stored.isImage || state !== "damaged" || trees.length === 0) return;
  if (trees.some(({ unnamed }) => unnamed !== undefined)) return;
  const target = `${store}.${stored.snapshot.id}.${stored.snapshot.time}`;
  await using repository = open(store);
  const options = isEncrypted(stored) ? { crypt: world.crypt.config } : {};
  const { error, lines } = await restoreStored(
    repository,
    "tree.pxar",
    target,
    options,
    stored.snapshot,
  );
  assert(error !== undefined, path);
  const entries = trees.flatMap(({ entries }) => entries);
  const named = new Set(entries.filter(({ kind }) => kind === "file").map(pathOf));
  const nameless = entries.filter(({ kind }) => kind !== "file" && kind !== "metadata").map(pathOf);
  const missing = filesBelow(`${stored.source}/tree`).filter((file) =>
    !isSame(`${stored.source}/tree${file}`, `${target}${file}`)
  );
  assert(missing.length > 0, path);
  // Of a directory whose name is lost with its start nobody can tell which it was.
  if (entries.some((entry) => pathOf(entry).startsWith("/lost-"))) {
    const told = lines.map((line) => /cannot restore "(.*?)": /.exec(line)?.[1])
      .filter((file) => file !== undefined);
    return assertEquals([...named].sort(), told.sort(), path);
  }
  for (const file of missing) {
    const isTold = [...named].some((each) => file === each || file.startsWith(`${each}/`)) ||
      nameless.some((each) => file.startsWith(each));
    assert(isTold, `${path}: ${file} is lost and not named`);
  }
  for (const file of named) {
    const isLost = missing.some((each) => each === file || each.startsWith(`${file}/`));
    assert(isLost, `${path}: ${file} is named and not lost`);
  }
}

function pathOf({ path }: LostEntry): string {
  return new TextDecoder().decode(path);
}

function filesBelow(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(folder + below)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${below}/${name}`) : [`${below}/${name}`]
  );
}

function isSame(one: string, other: string): boolean {
  try {
    const [a, b] = [Deno.readFileSync(one), Deno.readFileSync(other)];
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Chunks, indexes and blobs are the same bytes as before; a manifest has the outcome in it. */
async function assertAsBefore(world: RepairWorld, store: string): Promise<void> {
  const first = `${world.folder}/first`;
  for (const name of chunkFiles(first)) {
    assert(isSame(`${first}/.chunks/${name}`, `${store}/.chunks/${name}`), name);
  }
  assertEquals(snapshotFiles(store, world.snapshots), snapshotFiles(first, world.snapshots));
  for (const name of snapshotFiles(first, world.snapshots)) {
    if (name.endsWith("/index.json.blob")) continue;
    assert(isSame(`${first}/${name}`, `${store}/${name}`), name);
  }
  await using repository = open(store);
  for (const { verification } of await repository.listSnapshots("")) {
    assertEquals(verification?.state, "ok");
  }
}

async function assertRestores(
  world: RepairWorld,
  store: string,
  stored: StoredSnapshot,
): Promise<void> {
  await using repository = open(store);
  const options = isEncrypted(stored) ? { crypt: world.crypt.config } : {};
  const target = `${store}.whole.${stored.snapshot.id}.${stored.snapshot.time}`;
  const name = stored.isImage ? "disk.img" : "tree.pxar";
  const { error } = await restoreStored(repository, name, target, options, stored.snapshot);
  assertEquals(error, undefined);
  if (stored.isImage) return assert(isSame(`${stored.source}/image`, target));
  const files = filesBelow(`${stored.source}/tree`);
  assertEquals(filesBelow(target).sort(), files.toSorted());
  for (const file of files) {
    assert(isSame(`${stored.source}/tree${file}`, `${target}${file}`), file);
  }
}

function isEncrypted({ snapshot: { id } }: StoredSnapshot): boolean {
  return id === "secret" || id === "hidden" || id === "locked";
}

/** Names, lengths and times of everything below a folder. */
function fingerprint(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (name === ".locks" || name === ".lock") return [];
    const path = `${folder}/${name}`;
    if (isDirectory) return fingerprint(path);
    const { size, mtime } = Deno.statSync(path);
    return [`${path} ${size} ${mtime?.getTime()}`];
  }).sort();
}
