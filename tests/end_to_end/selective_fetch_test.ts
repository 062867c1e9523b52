import { assert, assertEquals } from "@std/assert";
import { evaluateMatchList, MatchEntry } from "../../lib/fs/mod.ts";
import { PxarEncoder } from "../../lib/pxar/mod.ts";
import { bytes, DIRECTORY, FILE } from "../support/extract_fixture.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import { type RestoreEnd, restoreStored } from "../support/restore_stored.ts";
import { storeArchives, type StoredStream } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";

const CHUNK_BYTES = 64 * 1024;
const FILE_BYTES = 20_000;
/** Directories `d0` to `d29`, each with files `f0` to `f9` and a directory `deep` with two more. */
const DIRECTORIES = 30;

/** Paths of all files, in no order. */
const FILES = Array.from({ length: DIRECTORIES }, (_, d) => [
  ...Array.from({ length: 10 }, (_, f) => `d${d}/f${f}`),
  `d${d}/deep/g.log`,
  `d${d}/deep/h.txt`,
]).flat();

const content = (path: string) =>
  Uint8Array.from(
    { length: FILE_BYTES },
    (_, i) => (i * 31 ^ i >> 5 ^ path.length * 7) + bytes(path)[1]! * 3,
  );

function encode(isSplit: boolean): Record<string, StoredStream> {
  const sink = new PxarMemorySink();
  const payload = isSplit ? new PxarMemorySink() : undefined;
  const encoder = new PxarEncoder(sink, payload);
  const add = (path: string) => {
    encoder.beginFile(bytes(path.slice(path.lastIndexOf("/") + 1)), FILE, FILE_BYTES);
    encoder.writeContent(content(path));
  };
  encoder.startArchive(DIRECTORY);
  for (let d = 0; d < DIRECTORIES; d++) {
    encoder.enterDirectory(bytes(`d${d}`), DIRECTORY);
    encoder.enterDirectory(bytes("deep"), DIRECTORY);
    add(`d${d}/deep/g.log`);
    add(`d${d}/deep/h.txt`);
    encoder.leaveDirectory();
    for (let f = 0; f < 10; f++) add(`d${d}/f${f}`);
    encoder.leaveDirectory();
  }
  encoder.finish();
  const stored = (stream: PxarMemorySink, step: number) => {
    const whole = stream.bytes();
    const cuts = Array.from({ length: Math.floor(whole.length / step) }, (_, i) => (i + 1) * step);
    return { bytes: whole, cuts };
  };
  return payload === undefined ? { "x.pxar.didx": stored(sink, CHUNK_BYTES) } : {
    "x.mpxar.didx": stored(sink, 4096),
    "x.ppxar.didx": stored(payload, CHUNK_BYTES),
  };
}

function selectedBy(patterns: readonly string[]): string[] {
  const list = patterns.map((text) => new MatchEntry(bytes(text), "include"));
  return FILES.filter((path) => {
    let selected = false;
    for (let at = path.indexOf("/");; at = path.indexOf("/", at + 1)) {
      const end = at < 0 ? path.length : at;
      const match = evaluateMatchList(list, bytes(`/${path.slice(0, end)}`), at >= 0);
      if (match !== undefined) selected = match === "include";
      if (at < 0) return selected;
    }
  }).sort();
}

function filesBelow(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${below}${name}/`) : [`${below}${name}`]
  ).sort();
}

for (const isSplit of [false, true]) {
  const form = isSplit ? "split archive" : "archive";
  Deno.test(`${form}: a selection fetches only the chunks that it needs`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    await withLocalRepository(async (repository) => {
      const digests = await storeArchives(repository, encode(isSplit));
      const all = Object.values(digests).flat().length;
      let number = 0;
      const select = async (...patterns: string[]): Promise<RestoreEnd> => {
        const target = `${dir.path}/${number++}`;
        const end = await restoreStored(repository, "x.pxar", target, { patterns });
        assertEquals(end.error, undefined, `${end.error}`);
        const found = filesBelow(target);
        assertEquals(found, selectedBy(patterns), patterns.join(" "));
        for (const path of found) {
          assertEquals(Deno.readFileSync(`${target}/${path}`), content(path));
        }
        return end;
      };
      // All entries are gone through where a pattern may match anywhere.
      await select("g.log");
      await select("/**/f3", "!/d1/**");
      const few = async (most: number, ...patterns: string[]) => {
        const { chunks: { times } } = await select(...patterns);
        assert(times.size <= most, `${patterns.join(" ")}: ${times.size} of ${all} chunks`);
      };
      // Root head, root table, the directory's table, the file, and what comes after it.
      await few(isSplit ? 10 : 8, "/d17/f3");
      await few(12, "/d17/f3", "!/d17/f4");
      await few(14, "/d3/f3", "/d22/deep/h.txt");
      await few(14, "/d8/deep", "!*.txt");
      await few(11, "/d29/*.x", "/d0/deep/g.log");
      // One or two chunks of each directory, and one ahead where two follow one another.
      await few(isSplit ? 70 : 110, "/*/deep/g.log");
    });
  });
}
