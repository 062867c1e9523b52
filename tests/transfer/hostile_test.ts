import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { DynamicIndexBuilder, parseDynamicIndex } from "../../lib/index/mod.ts";
import { decodeManifestBlob, encodeManifestBlob, type Manifest } from "../../lib/manifest/mod.ts";
import { storedFiles } from "../support/compare_stores.ts";
import { copyStored } from "../support/copy_in_process.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { realDatastore } from "../support/real_datastore.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { run } from "../support/repair_world.ts";
import { TempDir } from "../support/temp_dir.ts";

const GROUP = "host/museum";
const DAMAGED = `${GROUP}/2023-11-14T22:13:20Z`;
const ARCHIVE = "tree.pxar.didx";

const isMeant = ({ id }: { readonly id: string }) => id === "museum";

/** A copy of the real datastore that may be damaged. */
async function withDamaged(body: (store: string) => Promise<void>): Promise<void> {
  await using folder = await TempDir.make("/dev/shm");
  await run("cp", "-a", `${await realDatastore()}/.`, folder.path);
  await body(folder.path);
}

function chunkPath(store: string, digest: Uint8Array): string {
  const hex = encodeHex(digest);
  return `${store}/.chunks/${hex.slice(0, 4)}/${hex}`;
}

/** Digests of the archive that only the damaged snapshot has. */
function ownDigests(store: string): Uint8Array[] {
  const read = (path: string) => {
    const index = parseDynamicIndex(Deno.readFileSync(`${store}/${path}`), path);
    return Array.from({ length: index.chunkCount }, (_, i) => index.digestAt(i));
  };
  const others = new Set(
    [...storedFiles(store).keys()]
      .filter((path) => path.endsWith(".didx") && !path.startsWith(DAMAGED))
      .flatMap((path) => read(path).map(encodeHex)),
  );
  return read(`${DAMAGED}/${ARCHIVE}`).filter((digest) => !others.has(encodeHex(digest)));
}

async function changeManifest(store: string, change: (manifest: Manifest) => Manifest) {
  const path = `${store}/${DAMAGED}/index.json.blob`;
  const manifest = change(await decodeManifestBlob(Deno.readFileSync(path)));
  Deno.writeFileSync(path, await encodeManifestBlob(manifest));
}

/** Puts another index in place, with a manifest that agrees. */
async function changeIndex(
  store: string,
  entryOf: (start: number, size: number, digest: Uint8Array, place: number) => number,
): Promise<void> {
  const path = `${store}/${DAMAGED}/${ARCHIVE}`;
  const index = parseDynamicIndex(Deno.readFileSync(path), ARCHIVE);
  const builder = new DynamicIndexBuilder(ARCHIVE);
  for (let i = 0, start = 0; i < index.chunkCount; i++) {
    const size = entryOf(start, index.endOf(i) - index.startOf(i), index.digestAt(i), i);
    builder.append(start, size, index.digestAt(i));
    start += size;
  }
  Deno.writeFileSync(path, builder.toBytes());
  const [size, checksum] = [builder.size, builder.checksum()];
  await changeManifest(store, (manifest) => ({
    ...manifest,
    files: manifest.files.map((file) =>
      file.filename === ARCHIVE ? { ...file, size, checksum } : file
    ),
  }));
}

const FAULTS: readonly {
  readonly name: string;
  readonly reason: string;
  readonly make: (store: string) => void | Promise<void>;
}[] = [{
  name: "a chunk with a changed byte",
  reason: "CRC does not match",
  make: (store) => {
    const path = chunkPath(store, ownDigests(store)[0]!);
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    Deno.writeFileSync(path, bytes);
  },
}, {
  name: "a chunk that was cut off",
  reason: "CRC does not match",
  make: (store) => Deno.truncateSync(chunkPath(store, ownDigests(store)[0]!), 500),
}, {
  name: "an empty chunk",
  reason: "is not available",
  make: (store) => Deno.truncateSync(chunkPath(store, ownDigests(store)[0]!)),
}, {
  name: "a missing chunk",
  reason: "there is no chunk",
  make: (store) => Deno.removeSync(chunkPath(store, ownDigests(store)[0]!)),
}, {
  name: "a sound chunk of another digest",
  reason: "other content than its digest says",
  make: async (store) => {
    const [digest] = ownDigests(store);
    const index = parseDynamicIndex(Deno.readFileSync(`${store}/${DAMAGED}/${ARCHIVE}`), ARCHIVE);
    const place = Array.from({ length: index.chunkCount }, (_, i) => i)
      .find((i) => encodeHex(index.digestAt(i)) === encodeHex(digest!))!;
    const plain = new Uint8Array(index.endOf(place) - index.startOf(place)).fill(9);
    assert(encodeHex(chunkDigest(plain)) !== encodeHex(digest!));
    Deno.writeFileSync(chunkPath(store, digest!), await encodeBlob(plain, { compress: true }));
  },
}, {
  name: "an encrypted chunk in an archive that is not",
  reason: "not encrypted the way its archive says",
  make: async (store) => {
    const encryptionKey = new Uint8Array(32);
    const blob = await encodeBlob(new Uint8Array(1000), { compress: false, encryptionKey });
    Deno.writeFileSync(chunkPath(store, ownDigests(store)[0]!), blob);
  },
}, {
  name: "an index that gives a chunk another length",
  reason: "another length than its index says",
  make: (store) =>
    changeIndex(store, (_start, size, _digest, place) => size + (place === 0 ? 1 : 0)),
}, {
  name: "an index that gives a chunk a length that none has",
  reason: "cannot have",
  make: (store) =>
    changeIndex(store, (_start, size, _digest, place) => place === 0 ? 2 ** 25 : size),
}, {
  name: "an index of another checksum than the manifest says",
  reason: "wrong checksum",
  make: (store) => {
    const path = `${store}/${DAMAGED}/${ARCHIVE}`;
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    Deno.writeFileSync(path, bytes);
  },
}, {
  name: "the manifest of another snapshot",
  reason: "belongs to",
  make: (store) =>
    Deno.copyFileSync(
      `${store}/${GROUP}/2023-11-15T00:13:20Z/index.json.blob`,
      `${store}/${DAMAGED}/index.json.blob`,
    ),
}, {
  name: "a changed blob",
  reason: "wrong checksum",
  make: (store) => {
    const [name] = [...Deno.readDirSync(`${store}/${DAMAGED}`)]
      .filter(({ name }) => /\.conf\.blob$/.test(name));
    const path = `${store}/${DAMAGED}/${name!.name}`;
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    Deno.writeFileSync(path, bytes);
  },
}, {
  name: "a manifest that is damaged",
  reason: "manifest",
  make: (store) => Deno.truncateSync(`${store}/${DAMAGED}/index.json.blob`, 40),
}];

Deno.test("what is damaged or wrong in the source is refused by name, and the others are copied", async () => {
  const good = storedFiles(await realDatastore());
  for (const { name, reason, make } of FAULTS) {
    await withDamaged(async (store) => {
      await make(store);
      await using source = new LocalRepository(Datastore.open(store));
      await withLocalRepository(async (target) => {
        const { report, outcomes } = await copyStored(source, target, { isMeant });
        assertEquals([report.snapshots.copied, report.snapshots.failed], [1, 1], name);
        const failed = outcomes.find(({ state }) => state === "failed")!;
        assertEquals([failed.from.snapshot.id, failed.from.snapshot.time], [
          "museum",
          1_700_000_000,
        ]);
        assertStringIncludes(failed.reason!, reason, name);
        assertEquals((await target.listSnapshots("", { type: "host", id: "museum" })).length, 1);
        for (const [path, bytes] of storedFiles(target.datastore.path)) {
          if (path.startsWith(".chunks")) assertEquals(bytes, good.get(path), `${name}: ${path}`);
        }
        assert((await target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok, name);
      });
    });
  }
});

Deno.test("a server as target gets nothing of a snapshot that is damaged", async () => {
  await withDamaged(async (store) => {
    await FAULTS[4]!.make(store);
    await using source = new LocalRepository(Datastore.open(store));
    await withRemoteRepository(async (target, { datastorePath }) => {
      const { report } = await copyStored(source, target, { isMeant });
      assertEquals([report.snapshots.copied, report.snapshots.failed], [1, 1]);
      const good = storedFiles(await realDatastore());
      for (const [path, bytes] of storedFiles(datastorePath)) {
        if (path.startsWith(".chunks")) assertEquals(bytes, good.get(path), path);
      }
    });
  });
});
