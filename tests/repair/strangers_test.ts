import { assert, assertEquals } from "@std/assert";
import {
  BLOB_MAGICS,
  chunkDigest,
  encodeBlob,
  parseBlobHeader,
  writeBlobCrc,
} from "../../lib/blob/mod.ts";
import { decodeHex, encodeHex } from "../../lib/bytes/mod.ts";
import { createCryptConfig, formatFingerprint } from "../../lib/crypto/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import {
  createManifest,
  encodeManifestBlob,
  UNPROTECTED_KEYS,
  withUnprotected,
} from "../../lib/manifest/mod.ts";
import { formatSnapshotPath, type NewChunk, type Repository } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { repairStored } from "../support/repair_in_process.ts";
import { chunkFiles, open, RepairWorld } from "../support/repair_world.ts";
import { writeArchive } from "../support/target_conformance.ts";

const NAME = "root.pxar.didx";

/** Stores a snapshot of which everything is made up. */
async function store(
  repository: Repository,
  id: string,
  chunk: NewChunk,
  { cryptMode, fingerprint }: {
    readonly cryptMode: "none" | "encrypt";
    readonly fingerprint?: string;
  },
): Promise<string> {
  const snapshot = { type: "host", id, time: 1_700_000_500 } as const;
  await using target = await repository.beginBackup({ namespace: "", snapshot });
  const summary = await writeArchive(target, "dynamic", NAME, [chunk]);
  const manifest = createManifest(snapshot, [{ filename: NAME, cryptMode, ...summary }]);
  const complete = fingerprint === undefined
    ? manifest
    : withUnprotected(manifest, UNPROTECTED_KEYS.keyFingerprint, fingerprint);
  await target.uploadBlob("index.json.blob", await encodeManifestBlob(complete));
  await target.finish();
  return formatSnapshotPath(snapshot);
}

Deno.test("who names the chunks of others wrongly is told of damage, and nobody else", async () => {
  await using world = await RepairWorld.make(["hidden"]);
  const path = await world.copy("store");
  await using repository = open(path);
  const folder = formatSnapshotPath(world.snapshots[0]!.snapshot);
  const index = parseDynamicIndex(Deno.readFileSync(`${path}/${folder}/tree.ppxar.didx`), NAME);
  const digest = index.digestAt(1).slice();
  const name = encodeHex(digest);
  const blob = Deno.readFileSync(`${path}/.chunks/${name.slice(0, 4)}/${name}`);
  const chunk = { digest, blob, size: index.endOf(1) - index.startOf(1) };
  const crypt = world.crypt.config;
  const fingerprint = formatFingerprint(crypt.fingerprint);
  // What a stranger has stored under a key that is not at hand.
  const other = await createCryptConfig(new Uint8Array(32).fill(77));
  const plain = new Chance(2).bytes(6000);
  const foreign = {
    digest: chunkDigest(plain, other.idKey),
    size: plain.length,
    blob: await encodeBlob(plain, { compress: false, ...other }),
  };
  const stranger = await store(repository, "stranger", foreign, {
    cryptMode: "encrypt",
    fingerprint: formatFingerprint(other.fingerprint),
  });
  // Some come before the owners in the order of groups, some behind them.
  const wrong = [
    await store(repository, "a-plain", chunk, { cryptMode: "none" }),
    await store(repository, "z-plain", chunk, { cryptMode: "none" }),
    await store(repository, "a-longer", { ...chunk, size: chunk.size + 1 }, {
      cryptMode: "encrypt",
      fingerprint,
    }),
    await store(repository, "a-foreign", foreign, { cryptMode: "encrypt", fingerprint }),
    await store(repository, "z-foreign", foreign, { cryptMode: "encrypt", fingerprint }),
  ];
  const before = contents(path);
  await using first = open(`${world.folder}/first`);
  for (const others of [[], [first]]) {
    const end = await repairStored(repository, { crypt, others });
    assertEquals(contents(path), before);
    const damaged = [...end.outcomes].filter(([, { state }]) => state !== "whole");
    assertEquals(damaged.map(([path]) => path).sort(), wrong.toSorted(), end.lines.join("\n"));
    assertEquals(end.outcomes.get(stranger)!.state, "whole");
  }
});

Deno.test("rubbish with a right CRC under the digest of an encrypted chunk is found with the key", async () => {
  await using world = await RepairWorld.make(["hidden", "secret"]);
  const damaged = await world.copy("damaged");
  const chance = new Chance(21);
  const files = chunkFiles(damaged).filter((_, number) => number % 3 === 0);
  for (const name of files) {
    const rubbish = chance.bytes(4000);
    rubbish.set(decodeHex(BLOB_MAGICS["zstd+encrypted"]));
    writeBlobCrc(rubbish);
    Deno.writeFileSync(`${damaged}/.chunks/${name}`, rubbish);
  }
  await using repository = open(damaged);
  await using first = open(`${world.folder}/first`);
  const crypt = world.crypt.config;
  const alone = await repairStored(repository, { crypt });
  assertEquals(alone.report.chunksLost, files.length);
  const end = await repairStored(repository, { crypt, others: [first] });
  assertEquals([end.report.chunksLost, end.report.chunksRepaired], [0, files.length]);
  for (const name of files) {
    const bytes = Deno.readFileSync(`${damaged}/.chunks/${name}`);
    assert(parseBlobHeader(bytes).encrypted);
    assertEquals(bytes, Deno.readFileSync(`${world.folder}/first/.chunks/${name}`));
  }
});

/** What is in all chunk files, those that were set aside included. */
function contents(path: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of Deno.readDirSync(`${path}/.chunks`)) {
    for (const { name } of Deno.readDirSync(`${path}/.chunks/${folder.name}`)) {
      found.set(name, encodeHex(Deno.readFileSync(`${path}/.chunks/${folder.name}/${name}`)));
    }
  }
  return found;
}
