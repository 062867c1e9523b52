import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BLOB_MAGICS, encodeBlob, parseBlobHeader, writeBlobCrc } from "../../lib/blob/mod.ts";
import { decodeHex } from "../../lib/bytes/mod.ts";
import { createCryptConfig } from "../../lib/crypto/mod.ts";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { repairStored } from "../support/repair_in_process.ts";
import {
  chunkFiles,
  hurt,
  open,
  RepairWorld,
  run,
  snapshotFiles,
} from "../support/repair_world.ts";

/** Blobs that are no good under a digest, although their CRCs are right. */
const LIES: Readonly<Record<string, (own: Uint8Array, chance: Chance) => Promise<Uint8Array>>> = {
  "other plain data": (_own, chance) => encodeBlob(chance.bytes(5000), { compress: true }),
  "rubbish that says it is encrypted": (_own, chance) => {
    const blob = chance.bytes(5000);
    blob.set(decodeHex(BLOB_MAGICS["zstd+encrypted"]));
    writeBlobCrc(blob);
    return Promise.resolve(blob);
  },
  "data under another key": (_own, chance) =>
    encodeBlob(chance.bytes(5000), {
      compress: false,
      encryptionKey: new Uint8Array(32).fill(99),
    }),
  "the first half": (own) => {
    const blob = own.slice(0, Math.max(own.length >> 1, 50));
    writeBlobCrc(blob);
    return Promise.resolve(blob);
  },
  "nothing": () => Promise.resolve(new Uint8Array()),
};

for (const [what, lie] of Object.entries(LIES)) {
  Deno.test(`a second repository that has ${what} under its digests changes nothing`, async () => {
    await using world = await RepairWorld.make(["legacy", "hidden"]);
    const chance = new Chance(3);
    const liar = await world.copy("liar");
    for (const name of chunkFiles(liar)) {
      const path = `${liar}/.chunks/${name}`;
      Deno.writeFileSync(path, await lie(Deno.readFileSync(path), chance));
    }
    const damaged = await world.copy("damaged");
    const files = chunkFiles(damaged);
    const hurtFiles = files.filter((_, number) => number % 4 === 0);
    for (const name of hurtFiles) hurt(`${damaged}/.chunks/${name}`, chance);
    await using repository = open(damaged);
    await using other = open(liar);
    const end = await repairStored(repository, {
      others: [other],
      crypt: world.crypt.config,
    });
    assertEquals(end.report.chunksRepaired, 0, end.lines.join("\n"));
    assertEquals(end.report.chunksLost, hurtFiles.length);
    assertEquals(end.report.snapshots.repaired, 0);
    assertEquals(chunkFiles(damaged), files.filter((name) => !hurtFiles.includes(name)));
    for (const name of chunkFiles(damaged)) {
      assertEquals(
        Deno.readFileSync(`${damaged}/.chunks/${name}`),
        Deno.readFileSync(`${world.folder}/first/.chunks/${name}`),
      );
    }
    // A third one that has them is asked as well.
    await using third = open(`${world.folder}/first`);
    const again = await repairStored(repository, {
      others: [other, third],
      crypt: world.crypt.config,
    });
    assertEquals(again.report.chunksLost, 0);
    assertEquals(again.report.chunksRepaired, hurtFiles.length);
  });
}

Deno.test("without their key the CRC of encrypted chunks is all that is checked, and that is told", async () => {
  await using world = await RepairWorld.make(["hidden"]);
  const damaged = await world.copy("damaged");
  const files = chunkFiles(damaged);
  for (const name of files) Deno.removeSync(`${damaged}/.chunks/${name}`);
  await using repository = open(damaged);
  await using other = open(`${world.folder}/first`);
  const { report, lines } = await repairStored(repository, {
    others: [other],
    crypt: await createCryptConfig(new Uint8Array(32).fill(99)),
  });
  assertEquals(report.chunksUnproven, files.length);
  assertEquals(report.snapshots.repaired, world.snapshots.length);
  assertStringIncludes(lines.join("\n"), "was encrypted with another key than the one at hand");
});

Deno.test("indexes, blobs and manifests of another snapshot of the same name are not taken", async () => {
  await using world = await RepairWorld.make(["legacy", "split"]);
  const damaged = await world.copy("damaged");
  const liar = await world.copy("liar");
  // Each snapshot of the liar is genuine, and another one: those of the two times are exchanged.
  for (const id of ["legacy", "split"]) {
    const [early, late] = world.snapshots.filter(({ snapshot }) => snapshot.id === id)
      .map(({ snapshot }) => `${liar}/${formatSnapshotPath(snapshot)}`) as [string, string];
    await run("mv", early, `${liar}/away`);
    await run("mv", late, early);
    await run("mv", `${liar}/away`, late);
  }
  const chance = new Chance(8);
  const names = snapshotFiles(damaged, world.snapshots);
  for (const name of names.filter((name) => !name.endsWith("index.json.blob"))) {
    hurt(`${damaged}/${name}`, chance, name.endsWith("idx") ? 4096 : 0);
  }
  const before = new Map(names.map((name) => [name, contentOf(`${damaged}/${name}`)]));
  await using repository = open(damaged);
  await using other = open(liar);
  const end = await repairStored(repository, { others: [other] });
  assertEquals(end.report.snapshots.damaged, world.snapshots.length);
  for (const name of names.filter((name) => !name.endsWith("index.json.blob"))) {
    assertEquals(contentOf(`${damaged}/${name}`), before.get(name), name);
  }
});

Deno.test("a manifest is not taken from a copy that disagrees with what is left of the snapshot", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const damaged = await world.copy("damaged");
  const [early, late] = world.snapshots.map(({ snapshot }) => formatSnapshotPath(snapshot));
  Deno.removeSync(`${damaged}/${early}/index.json.blob`);
  Deno.truncateSync(`${damaged}/${late}/index.json.blob`, 30);
  // Genuine indexes, but not those that the copies' manifests list.
  for (const name of ["tree.pxar.didx", "catalog.pcat1.didx"]) {
    await run("mv", `${damaged}/${early}/${name}`, `${damaged}/away`);
    await run("mv", `${damaged}/${late}/${name}`, `${damaged}/${early}/${name}`);
    await run("mv", `${damaged}/away`, `${damaged}/${late}/${name}`);
  }
  await using repository = open(damaged);
  await using other = open(`${world.folder}/first`);
  const end = await repairStored(repository, { others: [other] });
  assertStringIncludes(end.lines.join("\n"), "is not that of this snapshot");
  assertEquals(end.outcomes.get(early!)!.state, "unfinished");
  assertEquals(end.outcomes.get(late!)!.state, "damaged");
  assertEquals(end.outcomes.get(late!)!.filesRepaired, []);
});

Deno.test("a good chunk is not replaced by a better one", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const copy = await world.copy("copy");
  await using repository = open(copy);
  await using other = open(`${world.folder}/first`);
  const before = chunkFiles(copy).map((name) => Deno.statSync(`${copy}/.chunks/${name}`).ino);
  const end = await repairStored(repository, { others: [other] });
  assertEquals(end.report.snapshots.whole, world.snapshots.length);
  assertEquals(
    chunkFiles(copy).map((name) => Deno.statSync(`${copy}/.chunks/${name}`).ino),
    before,
  );
  assert(!parseBlobHeader(Deno.readFileSync(`${copy}/.chunks/${chunkFiles(copy)[0]}`)).encrypted);
});

Deno.test("a chunk that a backup has replaced after it was found damaged is not set aside", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const copy = await world.copy("copy");
  await using repository = open(copy);
  await using target = repository.beginRepair(() => {});
  const { namespace, snapshot } = { namespace: "", ...world.snapshots[0]! };
  const [good, bad] = chunkFiles(copy) as [string, string];
  Deno.truncateSync(`${copy}/.chunks/${bad}`, 50);
  const digests = [good, bad].map((name) => decodeHex(name.slice(5)));
  await target.setAside({ namespace, snapshot }, digests, false);
  assert(chunkFiles(copy).includes(good) && !chunkFiles(copy).includes(bad));
  await target.setAside({ namespace, snapshot }, digests.slice(0, 1), true);
  assert(!chunkFiles(copy).includes(good), "a good one was at hand");
});

function contentOf(path: string): string | undefined {
  try {
    return Deno.readFileSync(path).join();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
