import type { BackupCrypt } from "../../lib/backup/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { createCryptConfig } from "../../lib/crypto/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { parseDynamicIndex, parseFixedIndex } from "../../lib/index/mod.ts";
import { decodeManifestBlob, type Manifest } from "../../lib/manifest/mod.ts";
import { type BackupSnapshot, formatSnapshotPath } from "../../lib/repository/mod.ts";
import { backUp } from "./back_up.ts";
import { Chance } from "./chance.ts";
import { TempDir } from "./temp_dir.ts";

const TIMES = [1_700_000_000, 1_700_100_000] as const;

const FOLDERS = ["a", "b", "c/d"] as const;
const FILES_OF_FOLDER = 14;

/** Groups of a {@linkcode RepairWorld}, and how their snapshots are made. */
const GROUPS = [
  { id: "legacy", mode: "legacy", encrypted: false, image: false },
  { id: "split", mode: "data", encrypted: false, image: false },
  { id: "secret", mode: "legacy", encrypted: true, image: false },
  { id: "hidden", mode: "data", encrypted: true, image: false },
  { id: "disk", mode: "legacy", encrypted: false, image: true },
  { id: "locked", mode: "legacy", encrypted: true, image: true },
] as const;

/** A snapshot, and what it was made of. */
export interface StoredSnapshot {
  readonly snapshot: BackupSnapshot;
  readonly isImage: boolean;
  /** Folder with `tree`, `image` and `conf`. */
  readonly source: string;
}

/** Runs a command of the system. */
export async function run(...command: [string, ...string[]]): Promise<void> {
  const [name, ...args] = command;
  const { success, stderr } = await new Deno.Command(name, { args }).output();
  if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
}

/**
 * A datastore in memory with two snapshots of each kind: one archive and split, plain and encrypted,
 * trees and images, each with a small file; and its sources.
 */
export class RepairWorld implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly crypt: BackupCrypt,
    readonly snapshots: readonly StoredSnapshot[],
    private readonly dir: TempDir,
  ) {}

  /** Makes one. @param groups Ids of those that are wanted; default all. */
  static async make(groups?: readonly string[]): Promise<RepairWorld> {
    const dir = await TempDir.make("/dev/shm");
    const folder = dir.path;
    await makeSources(folder);
    const crypt: BackupCrypt = {
      config: await createCryptConfig(new Uint8Array(32).fill(11)),
      mode: "encrypt",
    };
    Datastore.create(`${folder}/first`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    const snapshots: StoredSnapshot[] = [];
    await using repository = open(`${folder}/first`);
    for (const { id, mode, encrypted, image } of GROUPS) {
      if (groups !== undefined && !groups.includes(id)) continue;
      for (const [number, time] of TIMES.entries()) {
        const source = `${folder}/source${number}`;
        const snapshot = { type: "host", id, time } as const;
        const specs = image
          ? [`disk.img:${source}/image`]
          : [`tree.pxar:${source}/tree`, `app.conf:${source}/conf`];
        await backUp(repository, snapshot, specs, {
          changeDetectionMode: mode,
          ...(encrypted ? { crypt } : {}),
        });
        snapshots.push({ snapshot, isImage: image, source });
      }
    }
    return new RepairWorld(folder, crypt, snapshots, dir);
  }

  /** Copies the datastore as it was made. @returns Its path. */
  async copy(name: string, of = "first"): Promise<string> {
    await run("cp", "-a", `${this.folder}/${of}`, `${this.folder}/${name}`);
    return `${this.folder}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Opens a datastore that is written without waiting for the disk. */
export function open(path: string): LocalRepository {
  return new LocalRepository(Datastore.open(path, { syncLevel: "none", gcAccessTimeCheck: false }));
}

async function makeSources(folder: string): Promise<void> {
  const chance = new Chance(20);
  const tree = `${folder}/source0/tree`;
  for (const name of FOLDERS) {
    await Deno.mkdir(`${tree}/${name}`, { recursive: true });
    for (let number = 1; number <= FILES_OF_FOLDER; number++) {
      await Deno.writeFile(`${tree}/${name}/${number}`, chance.bytes(500 + chance.below(30_000)));
    }
  }
  await Deno.writeFile(`${folder}/source0/conf`, chance.bytes(300));
  const image = chance.bytes(5 << 20);
  const half = new Uint8Array(10 << 20);
  half.set(image, 3 << 20);
  await Deno.writeFile(`${folder}/source0/image`, half);
  await run("cp", "-a", `${folder}/source0`, `${folder}/source1`);
  for (const number of [3, 9]) {
    await Deno.writeFile(`${folder}/source1/tree/b/${number}`, chance.bytes(20_000));
  }
  await Deno.writeFile(`${folder}/source1/conf`, chance.bytes(310));
  half.fill(7, 0, 100);
  await Deno.writeFile(`${folder}/source1/image`, half);
}

/** Names of chunk files of a datastore, `abcd/abcd…`, sorted. */
export function chunkFiles(store: string): string[] {
  const found: string[] = [];
  for (const folder of Deno.readDirSync(`${store}/.chunks`)) {
    if (!folder.isDirectory) continue;
    for (const { name } of Deno.readDirSync(`${store}/.chunks/${folder.name}`)) {
      if (/^[0-9a-f]{64}$/.test(name)) found.push(`${folder.name}/${name}`);
    }
  }
  return found.sort();
}

/**
 * The chunk files that restores of some snapshots read, in the order of the snapshots and of their
 * archives; what only catalogs name is not among them.
 */
export function restoredChunks(store: string, snapshots: readonly StoredSnapshot[]): string[] {
  const found = new Set<string>();
  for (const name of snapshotFiles(store, snapshots)) {
    if (!name.endsWith("idx") || name.includes("catalog")) continue;
    const bytes = Deno.readFileSync(`${store}/${name}`);
    const index = name.endsWith(".fidx")
      ? parseFixedIndex(bytes, name)
      : parseDynamicIndex(bytes, name);
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = encodeHex(index.digestAt(i));
      found.add(`${digest.slice(0, 4)}/${digest}`);
    }
  }
  return [...found];
}

/** Files of the snapshots of a datastore by their paths below it, sorted. */
export function snapshotFiles(store: string, snapshots: readonly StoredSnapshot[]): string[] {
  return snapshots.flatMap(({ snapshot }) => {
    const folder = formatSnapshotPath(snapshot);
    return [...Deno.readDirSync(`${store}/${folder}`)].map(({ name }) => `${folder}/${name}`);
  }).sort();
}

/** Ways in which a file is hurt, each beyond repair. */
const HARMS: readonly ((path: string, chance: Chance, from: number) => void)[] = [
  (path, chance, from) => {
    const bytes = Deno.readFileSync(path);
    const at = from + chance.below(bytes.length - from);
    bytes[at] = bytes[at]! ^ (1 << chance.below(8));
    Deno.writeFileSync(path, bytes);
  },
  (path, chance) => Deno.truncateSync(path, chance.below(Deno.statSync(path).size - 1) + 1),
  (path) => Deno.truncateSync(path, 0),
  (path) => Deno.removeSync(path),
  (path, chance) => Deno.writeFileSync(path, chance.bytes(2000)),
];

/**
 * Hurts a file of a datastore.
 *
 * @param from First byte that matters to a reader: an index begins with fields that none looks at.
 */
export function hurt(path: string, chance: Chance, from = 0): void {
  HARMS[chance.below(HARMS.length)]!(path, chance, from);
}

const INDEX_HEADER_BYTES = 4096;

/** Hurts files of a datastore at random, each once. @returns Their paths below it. */
export function hurtAtRandom(
  store: string,
  world: RepairWorld,
  chance: Chance,
  places: { readonly chunks: number; readonly indexes: number; readonly blobs: number },
): string[] {
  const files = snapshotFiles(store, world.snapshots);
  const pick = (from: string[], count: number) =>
    Array.from({ length: count }, () => from.splice(chance.below(from.length), 1)[0]!);
  const hurtFiles = [
    ...pick(chunkFiles(store).map((name) => `.chunks/${name}`), places.chunks),
    ...pick(files.filter((name) => name.endsWith("idx")), places.indexes),
    ...pick(files.filter((name) => name.endsWith(".blob")), places.blobs),
  ];
  for (const name of hurtFiles) {
    hurt(`${store}/${name}`, chance, name.endsWith("idx") ? INDEX_HEADER_BYTES : 0);
  }
  return hurtFiles;
}

/** What is lost of a file: the whole of it, or so many distinct chunks. */
export type Loss = "whole" | number;

/**
 * What is lost of a snapshot, computed from the datastore as it was before.
 *
 * @param hurtFiles Paths below the datastore.
 * @returns By file name; `unfinished` where the manifest is not there any more.
 */
export async function expectedLosses(
  before: string,
  after: string,
  hurtFiles: ReadonlySet<string>,
  { snapshot }: StoredSnapshot,
): Promise<Record<string, Loss> | "unfinished"> {
  const folder = formatSnapshotPath(snapshot);
  const name = `${folder}/index.json.blob`;
  if (hurtFiles.has(name)) {
    return isThere(`${after}/${name}`) ? { "index.json.blob": "whole" } : "unfinished";
  }
  const manifest: Manifest = await decodeManifestBlob(Deno.readFileSync(`${before}/${name}`));
  const losses: Record<string, Loss> = {};
  for (const { filename } of manifest.files) {
    const path = `${folder}/${filename}`;
    if (hurtFiles.has(path)) losses[filename] = "whole";
    else if (filename.endsWith("idx")) {
      const bytes = Deno.readFileSync(`${before}/${path}`);
      const index = filename.endsWith(".fidx")
        ? parseFixedIndex(bytes, filename)
        : parseDynamicIndex(bytes, filename);
      const lost = new Set<string>();
      for (let i = 0; i < index.chunkCount; i++) {
        const digest = encodeHex(index.digestAt(i));
        if (hurtFiles.has(`.chunks/${digest.slice(0, 4)}/${digest}`)) lost.add(digest);
      }
      if (lost.size > 0) losses[filename] = lost.size;
    }
  }
  return losses;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
