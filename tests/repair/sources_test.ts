import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseArchiveSpec } from "../../lib/backup/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { repairStored } from "../support/repair_in_process.ts";
import { chunkFiles, hurt, open, RepairWorld, snapshotFiles } from "../support/repair_world.ts";

function specsOf(...texts: string[]) {
  return texts.map((text) => parseArchiveSpec(new TextEncoder().encode(text)));
}

Deno.test("chunks, indexes and blobs are made of the sources once more, and no snapshot is", async () => {
  await using world = await RepairWorld.make();
  const store = await world.copy("store");
  // The older snapshots go: their files are not in the source any more.
  await using repository = open(store);
  for (const { snapshot } of world.snapshots) {
    if (snapshot.time === 1_700_000_000) await repository.forgetSnapshot("", snapshot);
  }
  await repository.garbageCollect(() => {}, undefined, 0);
  const chance = new Chance(5);
  for (const [number, name] of chunkFiles(store).entries()) {
    if (number % 3 === 0) hurt(`${store}/.chunks/${name}`, chance);
  }
  const left = world.snapshots.filter(({ snapshot }) => isLate(snapshot));
  for (const name of snapshotFiles(store, left)) {
    // A blob under a key has another initialisation vector each time.
    const isPlainBlob = name.includes("app.conf") && !/secret|hidden/.test(name);
    if (isPlainBlob || /[fp]idx|ppxar.didx|catalog/.test(name)) {
      hurt(`${store}/${name}`, chance, 4096);
    }
  }
  const source = `${world.folder}/source1`;
  const end = await repairStored(repository, {
    sources: specsOf(
      `tree.pxar:${source}/tree`,
      `disk.img:${source}/image`,
      `app.conf:${source}/conf`,
    ),
    crypt: world.crypt.config,
  });
  assertEquals(
    [...end.outcomes].filter(([, { state }]) => state !== "repaired").map(([path]) => path),
    [],
    end.lines.join("\n"),
  );
  assertEquals((await repository.listSnapshots("")).length, left.length);
  const { ok } = await repository.verify({ namespace: "", ignoreVerified: false }, () => {});
  assert(ok);
});

function isLate({ time }: { readonly time: number }): boolean {
  return time > 1_700_000_000;
}

Deno.test("what the source does not have any more is told, and so is a key that is missing", async () => {
  await using world = await RepairWorld.make(["legacy", "secret"]);
  const store = await world.copy("store");
  for (const name of chunkFiles(store)) Deno.removeSync(`${store}/.chunks/${name}`);
  await using repository = open(store);
  const source = `${world.folder}/source1`;
  const end = await repairStored(repository, { sources: specsOf(`tree.pxar:${source}/tree`) });
  const state = (path: string) => end.outcomes.get(path)!.state;
  assertEquals(state("host/legacy/2023-11-16T02:00:00Z"), "repaired");
  assertEquals(state("host/legacy/2023-11-14T22:13:20Z"), "damaged");
  assertEquals(state("host/secret/2023-11-16T02:00:00Z"), "damaged");
  const [old] = end.outcomes.get("host/legacy/2023-11-14T22:13:20Z")!.lost
    .filter(({ filename }) => filename === "tree.pxar.didx");
  const names = old!.entries.map(({ path }) => new TextDecoder().decode(path));
  // Only there the source was changed, and its neighbours share chunks with what is gone.
  assert(names.length > 0 && names.every((name) => name.startsWith("/b")), names.join());
  assertStringIncludes(end.lines.join("\n"), "that takes their key (--keyfile)");
  const [hidden] = end.outcomes.get("host/secret/2023-11-16T02:00:00Z")!.lost
    .filter(({ filename }) => filename === "tree.pxar.didx");
  assertStringIncludes(hidden!.unnamed!, "--keyfile");
});

for (
  const [harm, hurtChunk] of Object.entries({
    missing: (path: string) => Deno.removeSync(path),
    "an empty file": (path: string) => Deno.truncateSync(path, 0),
    "longer than any": (path: string) => Deno.truncateSync(path, 17 << 20),
  })
) {
  Deno.test(`a chunk that is ${harm} does not count as known, and the next backup brings it back`, async () => {
    await using world = await RepairWorld.make(["legacy"]);
    const store = await world.copy("store");
    await using repository = open(store);
    const late = world.snapshots[1]!;
    const folder = formatSnapshotPath(late.snapshot);
    const file = chunkFiles(store).find((name) => isIn(store, folder, name));
    hurtChunk(`${store}/.chunks/${file}`);
    const next = { ...late.snapshot, time: late.snapshot.time + 100 };
    const { lines } = await backUp(repository, next, [
      `tree.pxar:${late.source}/tree`,
      `app.conf:${late.source}/conf`,
    ]);
    assertStringIncludes(lines.join("\n"), "is damaged and is not built upon");
    const { ok } = await repository.verify({ namespace: "", ignoreVerified: false }, () => {});
    assert(ok, "all snapshots have it again");
  });
}

Deno.test("after a failed verification and a new backup, a look at what is recorded says what is whole", async () => {
  await using world = await RepairWorld.make(["legacy", "split"]);
  const store = await world.copy("store");
  await using repository = open(store);
  const [, late] = world.snapshots;
  for (const name of chunkFiles(store)) {
    if (!isIn(store, formatSnapshotPath(late!.snapshot), name)) continue;
    Deno.removeSync(`${store}/.chunks/${name}`);
  }
  assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: false });
  const next = { ...late!.snapshot, time: late!.snapshot.time + 100 };
  await backUp(repository, next, [
    `tree.pxar:${late!.source}/tree`,
    `app.conf:${late!.source}/conf`,
  ]);
  const states = new Map<string, string | undefined>();
  const look = async () => {
    for (const { id, time, verification } of await repository.listSnapshots("")) {
      states.set(`${id} ${time}`, verification?.state);
    }
  };
  await look();
  assertEquals(states.get(`legacy ${late!.snapshot.time}`), "failed", "nobody has looked again");
  const end = await repairStored(repository, { onlyRecorded: true });
  assertEquals(end.report.chunksRepaired, 0);
  await look();
  assertEquals(states.get(`legacy ${late!.snapshot.time}`), "ok");
  assertEquals(states.get(`legacy ${next.time}`), undefined, "it was not read");
});

/** Whether the index of the tree in a folder names a chunk. */
function isIn(store: string, folder: string, chunk: string): boolean {
  const index = Deno.readFileSync(`${store}/${folder}/tree.pxar.didx`);
  return encodeHex(index).includes(chunk.slice(5));
}
