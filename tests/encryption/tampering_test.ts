// deno-lint-ignore-file no-console -- the number of cases is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { decodeBlob, encodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../lib/blob/mod.ts";
import { bytesEqual, encodeHex } from "../../lib/bytes/mod.ts";
import { createCryptConfig, type CryptConfig } from "../../lib/crypto/mod.ts";
import { CorruptDataError, KeyError, PbsError } from "../../lib/errors/mod.ts";
import {
  type ChunkIndex,
  INDEX_HEADER_LENGTH,
  parseDynamicIndex,
  parseFixedIndex,
} from "../../lib/index/mod.ts";
import {
  decodeManifestBlob,
  encodeManifestBlob,
  type Manifest,
  signManifest,
  withUnprotected,
} from "../../lib/manifest/mod.ts";
import { type BackupSnapshot, MANIFEST_BLOB_NAME } from "../../lib/repository/mod.ts";
import { newRestoreProgress, runRestore } from "../../lib/restore/mod.ts";
import { backUp } from "../support/back_up.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { MemorySnapshot } from "../support/memory_snapshot.ts";
import { restoreRequest } from "../support/restore_request.ts";
import { TempDir } from "../support/temp_dir.ts";

const CONFIG = await createCryptConfig(Uint8Array.from({ length: 32 }, (_, i) => i));
const OTHER = await createCryptConfig(new Uint8Array(32).fill(7));
const FLIPS = 600;

/** Numbers that look random and are the same in every run. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

function randomBytes(length: number, seed: number): Uint8Array {
  const numbers = randomNumbers(seed);
  return Uint8Array.from({ length }, () => numbers.next().value * 256);
}

/** A tree, an image and a small file. */
async function makeSource(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/tree/sub`, { recursive: true });
  await Deno.writeFile(`${folder}/tree/random`, randomBytes(300_000, 1));
  await Deno.writeTextFile(`${folder}/tree/text`, "all work and no play\n".repeat(20_000));
  await Deno.writeTextFile(`${folder}/tree/sub/small`, "small");
  await Deno.symlink("sub/small", `${folder}/tree/link`);
  await Deno.writeFile(`${folder}/image`, randomBytes(4 * 1024 * 1024 + 5000, 2));
  await Deno.writeTextFile(`${folder}/conf`, "setting = 1\n".repeat(100));
}

/** An index by its name, from its bytes. */
function parseIndex(name: string, bytes: Uint8Array): ChunkIndex | undefined {
  if (name.endsWith(".didx")) return parseDynamicIndex(bytes, name);
  return name.endsWith(".fidx") ? parseFixedIndex(bytes, name) : undefined;
}

function digestsOf(name: string, bytes: Uint8Array): Uint8Array[] {
  const index = parseIndex(name, bytes);
  return Array.from({ length: index?.chunkCount ?? 0 }, (_, chunk) => index!.digestAt(chunk));
}

/** A snapshot to change, with what must come out of each of its archives. */
interface Victim {
  readonly snapshot: MemorySnapshot;
  readonly manifest: Manifest;
  /** By name of the archive. */
  readonly contents: ReadonlyMap<string, string>;
  /** Which archives a part belongs to. */
  readonly archivesOf: ReadonlyMap<string, readonly string[]>;
}

/** What a restored file or tree is: contents, modes, times, targets of links. */
async function describe(path: string): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (at: string, name: string) => {
    const info = await Deno.lstat(at);
    hash.update(`${name} ${info.mode} ${info.mtime?.getTime()} `);
    if (info.isSymlink) hash.update(await Deno.readLink(at));
    else if (info.isFile) hash.update(await Deno.readFile(at));
    else {
      const names = [...Deno.readDirSync(at)].map((entry) => entry.name).sort();
      for (const inner of names) await visit(`${at}/${inner}`, inner);
    }
  };
  const info = await Deno.lstat(path);
  if (info.isFile) hash.update(await Deno.readFile(path));
  else await visit(path, "");
  return hash.digest("hex");
}

/** Restores an archive; the lines say how. */
async function restore(
  source: MemorySnapshot,
  archiveName: string,
  target: string,
  crypt: CryptConfig | null = CONFIG,
): Promise<string[]> {
  const lines: string[] = [];
  await runRestore({
    ...restoreRequest(source, archiveName, target),
    ...(crypt === null ? {} : { crypt }),
  }, {
    log: (level, message) => void lines.push(`${level}: ${message}`),
    progress: newRestoreProgress(),
  });
  return lines;
}

/** Backs the source up and takes the snapshot into memory. */
async function makeVictim(
  folder: string,
  mode: "encrypt" | "sign-only",
  changeDetectionMode: "legacy" | "data",
): Promise<Victim> {
  const identity: BackupSnapshot = { type: "host", id: "victim", time: 1700000000 };
  let snapshot!: MemorySnapshot;
  await withLocalRepository(async (repository) => {
    const encryptedKey = randomBytes(512, 3);
    const specs = [`t.pxar:${folder}/tree`, `i.img:${folder}/image`, `c.conf:${folder}/conf`];
    await backUp(repository, identity, specs, {
      crypt: { config: CONFIG, mode, encryptedKey },
      changeDetectionMode,
    });
    await using source = await repository.openSnapshot("", identity);
    const files = (await repository.listFiles("", identity)).map(({ filename }) => filename);
    snapshot = await MemorySnapshot.copy(source, files, digestsOf);
  });
  const manifest = await decodeManifestBlob(snapshot.parts.get(MANIFEST_BLOB_NAME)!);
  const contents = new Map<string, string>();
  for (const name of ["t.pxar", "i.img", "c.conf"]) {
    const target = `${folder}/original-${name}`;
    assertEquals(await restore(snapshot, name, target), []);
    contents.set(name, await describe(target));
    await Deno.remove(target, { recursive: true });
  }
  const archivesOf = new Map<string, readonly string[]>();
  archivesOf.set(MANIFEST_BLOB_NAME, [...contents.keys()]);
  for (const { filename } of manifest.files) {
    const archives = [...contents.keys()].filter((name) => filename.startsWith(`${name[0]}.`));
    archivesOf.set(filename, archives);
    for (const digest of digestsOf(filename, snapshot.parts.get(filename)!)) {
      const key = encodeHex(digest);
      archivesOf.set(key, [...(archivesOf.get(key) ?? []), ...archives]);
    }
  }
  return { snapshot, manifest, contents, archivesOf };
}

Deno.test("a changed byte of an encrypted or signed snapshot never restores as something else", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path);
  const victims = [
    await makeVictim(dir.path, "encrypt", "legacy"),
    await makeVictim(dir.path, "encrypt", "data"),
    await makeVictim(dir.path, "sign-only", "legacy"),
  ];
  const numbers = randomNumbers(4);
  const below = (limit: number) => Math.floor(numbers.next().value * limit);
  const kinds: Record<string, { flips: number; noticed: number }> = {};
  for (let flip = 0; flip < FLIPS; flip++) {
    const { snapshot, contents, archivesOf } = victims[flip % victims.length]!;
    const parts = [...snapshot.parts.keys()].filter((name) => archivesOf.get(name)?.length);
    const name = parts[below(parts.length)]!;
    const bytes = snapshot.parts.get(name)!.slice();
    const isIndex = /\.[df]idx$/.test(name);
    // Half of the flips go where there is most to get wrong: headers of blobs, entries of indexes.
    const [start, end] = flip % 2 === 0
      ? [0, bytes.byteLength]
      : isIndex
      ? [INDEX_HEADER_LENGTH, bytes.byteLength]
      : [0, Math.min(bytes.byteLength, 64)];
    const at = start + below(end - start);
    bytes[at]! ^= 1 << below(8);
    const archives = archivesOf.get(name)!;
    const archive = archives[below(archives.length)]!;
    const count = kinds[name.includes(".") ? name : "chunk"] ??= { flips: 0, noticed: 0 };
    count.flips++;
    const target = `${dir.path}/target`;
    try {
      const lines = await restore(snapshot.with(name, bytes), archive, target);
      // What the flip hit has no meaning: reserved bytes of an index, a cut that comes out the same.
      assertEquals(await describe(target), contents.get(archive), `${name} at ${at}`);
      assertEquals(lines, [], `${name} at ${at}`);
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      assert(error.message.length > 10 && !error.message.includes("\n"), error.message);
      count.noticed++;
    }
    await Deno.remove(target, { recursive: true }).catch(() => {});
  }
  console.log(`flips: ${FLIPS}`, kinds);
  for (const [name, { flips, noticed }] of Object.entries(kinds)) {
    // The header of an index is mostly reserved, and nothing in it is needed (datastore-formats.md §7.1).
    if (/\.[df]idx$/.test(name)) assert(noticed > 0 && noticed < flips, name);
    else assertEquals(noticed, flips, name);
  }
});

/** Restores all archives of a changed snapshot: each must fail. */
async function assertRefused(
  victim: Victim,
  changed: MemorySnapshot,
  archives: Iterable<string> = victim.contents.keys(),
): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  for (const archive of archives) {
    await assertRejects(() => restore(changed, archive, `${dir.path}/${archive}`), PbsError);
  }
}

Deno.test("a signed manifest that was changed is refused, whatever was changed in it", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path);
  const victim = await makeVictim(dir.path, "encrypt", "legacy");
  const { manifest } = victim;
  const [first, ...others] = manifest.files;
  const changes: Manifest[] = [
    { ...manifest, files: others },
    { ...manifest, files: [...others, first!] },
    { ...manifest, files: [first!, ...manifest.files] },
    { ...manifest, files: [{ ...first!, size: first!.size + 1 }, ...others] },
    { ...manifest, files: [{ ...first!, checksum: new Uint8Array(32) }, ...others] },
    { ...manifest, files: [{ ...first!, filename: "u.pxar.didx" }, ...others] },
    { ...manifest, files: manifest.files.map((file) => ({ ...file, cryptMode: "none" as const })) },
    { ...manifest, snapshot: { ...manifest.snapshot, time: manifest.snapshot.time + 1 } },
    { ...manifest, snapshot: { ...manifest.snapshot, id: "other" } },
    { ...manifest, signature: "0".repeat(64) },
    { ...signManifest(manifest, OTHER) },
    withUnprotected(manifest, "key-fingerprint", "00".repeat(32)),
  ];
  for (const change of changes) {
    const blob = await encodeManifestBlob(change);
    await assertRefused(victim, victim.snapshot.with(MANIFEST_BLOB_NAME, blob));
  }
  // Another snapshot's genuine manifest.
  const other = signManifest(
    { ...manifest, snapshot: { ...manifest.snapshot, time: 1600000000 } },
    CONFIG,
  );
  await assertRefused(
    victim,
    victim.snapshot.with(MANIFEST_BLOB_NAME, await encodeManifestBlob(other)),
  );
});

Deno.test("a manifest whose signature was removed is never taken silently", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path);
  const victim = await makeVictim(dir.path, "encrypt", "legacy");
  const unsigned = { ...victim.manifest, signature: undefined };
  const nameless = withUnprotected(unsigned, "key-fingerprint", undefined);
  for (const manifest of [unsigned, nameless]) {
    const changed = victim.snapshot.with(MANIFEST_BLOB_NAME, await encodeManifestBlob(manifest));
    for (const archive of victim.contents.keys()) {
      const target = `${dir.path}/${archive}`;
      const [line, ...rest] = await restore(changed, archive, target);
      assert(line!.startsWith("warn: warning: the manifest's SIGNATURE IS MISSING"), line);
      assertEquals(rest, []);
      assertEquals(await describe(target), victim.contents.get(archive));
      await Deno.remove(target, { recursive: true });
    }
  }
  const plain = nameless.files.map((file) => ({ ...file, cryptMode: "none" as const }));
  const blob = await encodeManifestBlob({ ...nameless, files: plain });
  const changed = victim.snapshot.with(MANIFEST_BLOB_NAME, blob);
  await assertRejects(
    () => restore(changed, "t.pxar", `${dir.path}/t`),
    CorruptDataError,
  );
  // Without a key nothing says that it was encrypted, until a chunk is met.
  for (const manifest of [blob, await encodeManifestBlob(nameless)]) {
    const changed = victim.snapshot.with(MANIFEST_BLOB_NAME, manifest);
    await assertRejects(() => restore(changed, "t.pxar", `${dir.path}/u`, null), PbsError);
  }
});

Deno.test("chunks that were swapped, decrypted or encrypted with another key are refused", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path);
  for (const mode of ["encrypt", "sign-only"] as const) {
    const victim = await makeVictim(dir.path, mode, "legacy");
    const { snapshot } = victim;
    const index = "t.pxar.didx";
    const digests = digestsOf(index, snapshot.parts.get(index)!);
    const [one, two] = digests.map(encodeHex);
    const plain = await decodeBlob(snapshot.parts.get(one!)!, {
      maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
      encryptionKey: mode === "encrypt" ? CONFIG.encryptionKey : undefined,
    });
    const blobs = [
      snapshot.parts.get(two!)!,
      await encodeBlob(plain, { compress: true, encryptionKey: OTHER.encryptionKey }),
      // Right in every respect but the one that the manifest tells.
      await encodeBlob(plain, {
        compress: true,
        encryptionKey: mode === "encrypt" ? undefined : CONFIG.encryptionKey,
      }),
      await encodeBlob(plain.subarray(1), {
        compress: true,
        encryptionKey: mode === "encrypt" ? CONFIG.encryptionKey : undefined,
      }),
    ];
    for (const blob of blobs) await assertRefused(victim, snapshot.with(one!, blob), ["t.pxar"]);
  }
});

Deno.test("a key that is not the snapshot's opens nothing, and no key opens the copy for its owner only", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path);
  const victim = await makeVictim(dir.path, "encrypt", "data");
  for (const archive of victim.contents.keys()) {
    const target = `${dir.path}/${archive}`;
    await assertRejects(() => restore(victim.snapshot, archive, target, OTHER), KeyError);
  }
  const target = `${dir.path}/key`;
  const name = "rsa-encrypted.key";
  const lines = await restore(victim.snapshot, name, target, null);
  assert(lines[0]!.includes("without original key"), lines[0]);
  assert(bytesEqual(await Deno.readFile(target), randomBytes(512, 3)));
});
