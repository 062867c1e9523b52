import { assert, assertEquals, assertMatch } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { CorruptDataError } from "../../lib/errors/mod.ts";
import { type EntryMetadata, PxarEncoder, S_IFDIR, S_IFREG } from "../../lib/pxar/mod.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import { type RestoreEnd, restoreStored } from "../support/restore_stored.ts";
import { storeArchives, type StoredStream } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";

const MTIME = 1_600_000_000;
const bytes = (text: string) => new TextEncoder().encode(text);

function metadata(mode: number): EntryMetadata {
  return {
    mode,
    uid: Deno.uid()!,
    gid: Deno.gid()!,
    mtimeSecs: MTIME,
    mtimeNanos: 0,
    flags: 0,
  };
}

/** Content that differs from byte to byte and from file to file. */
function content(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed) & 0xff);
}

/** Files in the order of the archive, and how long they are. */
const FILES: readonly [string, number][] = [
  ["dir/a", 1000],
  ["dir/big", 100_000],
  ["dir/c", 1000],
  ["dir/sub/d", 10],
  ["z", 2000],
];

interface Archive {
  readonly streams: Readonly<Record<string, StoredStream>>;
  /** Where contents begin in the stream that has them. */
  readonly starts: ReadonlyMap<string, number>;
  /** Server name of that stream. */
  readonly contents: string;
}

function encode(isSplit: boolean): Archive {
  const sink = new PxarMemorySink();
  const payload = isSplit ? new PxarMemorySink() : undefined;
  const encoder = new PxarEncoder(sink, payload);
  const starts = new Map<string, number>();
  const directory = metadata(S_IFDIR | 0o750);
  const add = (path: string) => {
    const [, length] = FILES.find(([name]) => name === path)!;
    const name = path.slice(path.lastIndexOf("/") + 1);
    encoder.beginFile(bytes(name), metadata(S_IFREG | 0o640), length);
    starts.set(path, (payload ?? sink).position);
    encoder.writeContent(content(path.length, length));
  };
  encoder.startArchive(directory);
  encoder.enterDirectory(bytes("dir"), directory);
  add("dir/a");
  add("dir/big");
  add("dir/c");
  encoder.enterDirectory(bytes("sub"), directory);
  add("dir/sub/d");
  encoder.leaveDirectory();
  encoder.leaveDirectory();
  add("z");
  encoder.finish();
  const streams: Record<string, StoredStream> = payload === undefined
    ? { "x.pxar.didx": { bytes: sink.bytes() } }
    : { "x.mpxar.didx": { bytes: sink.bytes() }, "x.ppxar.didx": { bytes: payload.bytes() } };
  return { streams, starts, contents: isSplit ? "x.ppxar.didx" : "x.pxar.didx" };
}

const chunkPath = (repository: LocalRepository, digest: Uint8Array) => {
  const hex = encodeHex(digest);
  return `${repository.datastore.path}/.chunks/${hex.slice(0, 4)}/${hex}`;
};

interface Damage {
  readonly archive: Archive;
  /** Cuts of the stream with the contents. */
  readonly cuts: readonly number[];
  /** Numbers of the chunks to damage. */
  readonly chunks: readonly number[];
  readonly how?: "flip" | "remove";
  /** Stream that is damaged; the one with the contents by default. */
  readonly stream?: string;
  readonly patterns?: readonly string[];
}

/** Stores an archive, damages chunks, restores it and hands the target over. */
async function restoreDamaged(
  damage: Damage,
  look: (target: string, end: RestoreEnd, digests: readonly string[]) => void,
): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await withLocalRepository(async (repository) => {
    const { archive } = damage;
    const name = damage.stream ?? archive.contents;
    const streams = {
      ...archive.streams,
      [name]: { ...archive.streams[name]!, cuts: damage.cuts },
    };
    const digests = (await storeArchives(repository, streams))[name]!;
    assertEquals(digests.length, damage.cuts.length + 1);
    for (const number of damage.chunks) {
      const path = chunkPath(repository, digests.at(number)!);
      if (damage.how === "remove") {
        await Deno.remove(path);
        continue;
      }
      const blob = await Deno.readFile(path);
      blob[blob.length - 1]! ^= 1;
      await Deno.writeFile(path, blob);
    }
    const target = `${dir.path}/out`;
    const options = { patterns: damage.patterns ?? [] };
    const end = await restoreStored(repository, "x.pxar", target, options);
    look(target, end, digests.map((digest) => encodeHex(digest)));
  });
}

/** Fails unless exactly these files are there, complete and with their metadata. */
function assertFiles(target: string, paths: readonly string[]): void {
  const found: string[] = [];
  const walk = (below: string) => {
    for (const entry of Deno.readDirSync(`${target}/${below}`)) {
      if (entry.isDirectory) {
        walk(`${below}${entry.name}/`);
        const { mode, mtime } = Deno.statSync(`${target}/${below}${entry.name}`);
        assertEquals(mode! & 0o7777, 0o750, entry.name);
        assertEquals(mtime!.getTime(), MTIME * 1000, entry.name);
      } else found.push(`${below}${entry.name}`);
    }
  };
  walk("");
  assertEquals(found.sort(), [...paths].sort());
  for (const path of paths) {
    const [, length] = FILES.find(([name]) => name === path)!;
    const file = `${target}/${path}`;
    assertEquals(Deno.readFileSync(file), content(path.length, length), path);
    const { mode, mtime } = Deno.statSync(file);
    assertEquals(mode! & 0o7777, 0o640, path);
    assertEquals(mtime!.getTime(), MTIME * 1000, path);
  }
  assertEquals(Deno.statSync(target).mtime!.getTime(), MTIME * 1000, "root");
  assertEquals(Deno.statSync(target).mode! & 0o7777, 0o750, "root");
}

function assertDamage(end: RestoreEnd, digest: string, stream: string): void {
  assert(end.error instanceof CorruptDataError, `${end.error}`);
  const { message } = end.error!;
  assertMatch(message, new RegExp(digest));
  assertMatch(message, new RegExp(stream.replaceAll(".", "\\.")));
}

const ALL = FILES.map(([path]) => path);
const without = (...paths: string[]) => ALL.filter((path) => !paths.includes(path));

for (const isSplit of [false, true]) {
  const form = isSplit ? "split archive" : "archive";
  const archive = encode(isSplit);
  const big = archive.starts.get("dir/big")!;

  for (const how of ["flip", "remove"] as const) {
    Deno.test(`${form}: a chunk within a file costs only this file (${how})`, async () => {
      const cuts = [big + 10_000, big + 20_000, big + 30_000];
      await restoreDamaged({ archive, cuts, chunks: [1], how }, (target, end, digests) => {
        assertDamage(end, digests[1]!, archive.contents);
        assertMatch(end.error!.message, /^1 file could not be restored/);
        assertFiles(target, without("dir/big"));
        assertEquals(end.lines.length, 1);
        assertMatch(
          end.lines[0]!,
          new RegExp(`^error: cannot restore "/dir/big": .*${digests[1]}`),
        );
      });
    });
  }

  Deno.test(`${form}: a chunk that begins and ends with the content costs only this file`, async () => {
    const cuts = [big, big + 100_000];
    await restoreDamaged({ archive, cuts, chunks: [1] }, (target, end, digests) => {
      assertDamage(end, digests[1]!, archive.contents);
      assertFiles(target, without("dir/big"));
    });
  });

  Deno.test(`${form}: several damaged chunks within a file are one line`, async () => {
    const cuts = [1, 2, 3, 4, 5].map((i) => big + i * 10_000);
    await restoreDamaged({ archive, cuts, chunks: [1, 2, 4] }, (target, end) => {
      assertEquals(end.lines.length, 1);
      assertFiles(target, without("dir/big"));
    });
  });

  Deno.test(`${form}: damage within a file that is not selected does no harm`, async () => {
    const cuts = [big + 10_000, big + 20_000, big + 30_000];
    const patterns = ["dir/c", "z"];
    await restoreDamaged({ archive, cuts, chunks: [1], patterns }, (target, end) => {
      assertEquals(end.error, undefined);
      assertFiles(target, patterns);
    });
  });
}

const single = encode(false);
const split = encode(true);

Deno.test("archive: damage across an entry costs what lies in it, the rest is found again", async () => {
  const c = single.starts.get("dir/c")!;
  const cuts = [c - 5000, c + 500];
  await restoreDamaged({ archive: single, cuts, chunks: [1] }, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.pxar.didx");
    assertMatch(end.error!.message, /^1 file and 1 entry could not be restored/);
    assertFiles(target, without("dir/big", "dir/c"));
    assertEquals(end.lines.length, 2);
    assertMatch(end.lines[0]!, /cannot restore "\/dir\/big": /);
    assertMatch(end.lines[1]!, /cannot restore an entry of "\/dir", its name is lost as well: /);
  });
});

Deno.test("archive: damage that begins between two files costs the second", async () => {
  const c = single.starts.get("dir/c")!;
  // Within the second's metadata: its name lies before.
  const cuts = [c - 20, c + 500];
  await restoreDamaged({ archive: single, cuts, chunks: [1] }, (target, end) => {
    assertMatch(end.error!.message, /^1 file could not be restored/);
    assertMatch(end.lines.join("\n"), /^error: cannot restore "\/dir\/c": .*$/);
    assertFiles(target, without("dir/c"));
  });
});

Deno.test("archive: a directory whose end is damaged costs what lies there, its siblings are found again", async () => {
  const d = single.starts.get("dir/sub/d")!;
  const cuts = [d + 5, d + 10 + 40];
  await restoreDamaged({ archive: single, cuts, chunks: [1] }, (target, end) => {
    assertFiles(target, without("dir/sub/d"));
    assertMatch(end.error!.message, /^1 file and the rest of 1 directory could not be restored/);
    assertMatch(
      end.lines.join("\n"),
      /cannot restore "\/dir\/sub\/d": .*\n.*what follows in "\/dir\/sub": /,
    );
  });
});

Deno.test("archive: with the first chunk damaged the root lacks its metadata", async () => {
  await restoreDamaged({ archive: single, cuts: [20], chunks: [0] }, (target, end, digests) => {
    assertDamage(end, digests[0]!, "x.pxar.didx");
    assertMatch(end.error!.message, /^the attributes of 1 entry could not be restored/);
    assertMatch(end.lines.join("\n"), /^error: cannot restore the metadata of "\/": .*$/);
    assertEquals(listFiles(target).sort(), ALL.toSorted());
    assertEquals(Deno.statSync(target).mode! & 0o777, 0o700);
  });
});

Deno.test("archive: a directory of which the start is damaged is made, with a made-up name", async () => {
  const a = single.starts.get("dir/a")!;
  await restoreDamaged({ archive: single, cuts: [a - 10], chunks: [0] }, (target, end) => {
    assertMatch(
      end.error!.message,
      /^1 entry and the attributes of 2 entries could not be restored/,
    );
    assertMatch(end.lines.join("\n"), /an entry of "\/lost-56", its name is lost as well/);
    Deno.renameSync(`${target}/lost-56`, `${target}/dir`);
    assertEquals(listFiles(target).sort(), without("dir/a").toSorted());
  });
});

Deno.test("archive: a directory whose name is there and whose metadata are not keeps its name", async () => {
  const cuts = [56 + 20, 56 + 40];
  await restoreDamaged({ archive: single, cuts, chunks: [1] }, (target, end) => {
    assertMatch(end.lines.join("\n"), /^error: cannot restore the metadata of "\/dir": .*$/);
    assertEquals(listFiles(target).sort(), ALL.toSorted());
  });
});

Deno.test("archive: with the last chunk damaged only what is in it is missing", async () => {
  const z = single.starts.get("z")!;
  await restoreDamaged(
    { archive: single, cuts: [z + 100], chunks: [1] },
    (target, end, digests) => {
      assertDamage(end, digests[1]!, "x.pxar.didx");
      assertFiles(target, without("z"));
    },
  );
});

Deno.test("archive: a damaged lookup table costs nothing but is not the end either", async () => {
  // The root's table: three entries of 24 bytes at the very end.
  const { length } = single.streams["x.pxar.didx"]!.bytes;
  await restoreDamaged({ archive: single, cuts: [length - 72], chunks: [1] }, (target, end) => {
    assertEquals(end.error, undefined);
    assertFiles(target, ALL);
  });
});

Deno.test("split archive: the first payload chunk costs the files in it", async () => {
  const cuts = [split.starts.get("dir/c")! - 16];
  await restoreDamaged({ archive: split, cuts, chunks: [0] }, (target, end, digests) => {
    assertDamage(end, digests[0]!, "x.ppxar.didx");
    assertMatch(end.error!.message, /^2 files could not be restored/);
    assertFiles(target, without("dir/a", "dir/big"));
    assertEquals(end.lines.length, 2);
  });
});

Deno.test("split archive: a payload chunk across files costs those that reach into it", async () => {
  const c = split.starts.get("dir/c")!;
  const cuts = [c - 1000, c + 1000 + 8];
  await restoreDamaged({ archive: split, cuts, chunks: [1] }, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.ppxar.didx");
    assertFiles(target, without("dir/big", "dir/c", "dir/sub/d"));
  });
});

Deno.test("split archive: a cut and damaged header costs its file", async () => {
  const c = split.starts.get("dir/c")!;
  const cuts = [c - 8, c + 500];
  await restoreDamaged({ archive: split, cuts, chunks: [1], how: "remove" }, (target) => {
    assertFiles(target, without("dir/c"));
  });
});

Deno.test("split archive: the last payload chunk costs the last file", async () => {
  const cuts = [split.starts.get("z")! + 1];
  await restoreDamaged({ archive: split, cuts, chunks: [1] }, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.ppxar.didx");
    assertFiles(target, without("z"));
  });
});

Deno.test("split archive: damage in the metadata stream costs the entries in it", async () => {
  const { bytes: stream } = split.streams["x.mpxar.didx"]!;
  const at = new TextDecoder("latin1").decode(stream).indexOf("big\0");
  const damage = { archive: split, stream: "x.mpxar.didx", cuts: [at - 10, at + 20], chunks: [1] };
  await restoreDamaged(damage, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.mpxar.didx");
    assertFiles(target, without("dir/big"));
    assertEquals(end.lines.length, 1);
    assertMatch(end.lines[0]!, /an entry of "\/dir", its name is lost as well/);
  });
});

Deno.test("a file far longer than what is queued is dropped when its end is damaged", async () => {
  const sink = new PxarMemorySink();
  const encoder = new PxarEncoder(sink);
  const length = 48 << 20;
  encoder.startArchive(metadata(S_IFDIR | 0o750));
  encoder.beginFile(bytes("huge"), metadata(S_IFREG | 0o640), length);
  const start = sink.position;
  encoder.writeContent(new Uint8Array(length).fill(1).map((_, i) => i >> 12));
  encoder.beginFile(bytes("z"), metadata(S_IFREG | 0o640), 2000);
  encoder.writeContent(content(1, 2000));
  encoder.finish();
  const cuts = Array.from({ length: 12 }, (_, i) => start + (i + 1) * (4 << 20));
  const streams = { "x.pxar.didx": { bytes: sink.bytes() } };
  const archive: Archive = { streams, starts: new Map(), contents: "x.pxar.didx" };
  await restoreDamaged({ archive, cuts, chunks: [11] }, (target, end, digests) => {
    assertDamage(end, digests[11]!, "x.pxar.didx");
    assertFiles(target, ["z"]);
  });
});

for (const isSplit of [false, true]) {
  const form = isSplit ? "split archive" : "archive";
  Deno.test(`${form}: whichever chunk is damaged, what is restored is right and complete before it`, async () => {
    const archive = encode(isSplit);
    for (const [stream, { bytes: { length } }] of Object.entries(archive.streams)) {
      const step = length > 10_000 ? 997 : 61;
      const cuts = Array.from({ length: Math.ceil(length / step) - 1 }, (_, i) => (i + 1) * step);
      for (let chunk = 0; chunk <= cuts.length; chunk += length > 10_000 ? 5 : 1) {
        const damage = { archive, stream, cuts, chunks: [chunk] };
        await restoreDamaged(damage, (target, end, digests) => {
          const restored = listFiles(target).map((found) => {
            const path = found.replace(/^lost-\d+/, "dir").replace(/\/lost-\d+/, "/sub");
            const [, size] = FILES.find(([name]) => name === path)!;
            assertEquals(Deno.readFileSync(`${target}/${found}`), content(path.length, size), path);
            return path;
          });
          if (restored.length < FILES.length) assertDamage(end, digests[chunk]!, stream);
          if (stream !== archive.contents) return;
          const lost = ALL.filter((path) => !restored.includes(path));
          for (const path of lost) {
            const end = archive.starts.get(path)! + FILES.find(([name]) => name === path)![1];
            assert(end > chunk * step, `${path} lies before chunk ${chunk}`);
            // What an entry has before its content.
            const start = archive.starts.get(path)! - 120;
            assert(start < (chunk + 1) * step, `${path} lies behind chunk ${chunk}`);
          }
        });
      }
    }
  });
}

function listFiles(target: string, below = ""): string[] {
  return [...Deno.readDirSync(`${target}/${below}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? listFiles(target, `${below}${name}/`) : [`${below}${name}`]
  );
}

Deno.test("a selected link to damaged content is named, the rest is restored", async () => {
  const sink = new PxarMemorySink();
  const encoder = new PxarEncoder(sink);
  encoder.startArchive(metadata(S_IFDIR | 0o750));
  const position = encoder.beginFile(bytes("first"), metadata(S_IFREG | 0o640), 5000);
  const start = sink.position;
  encoder.writeContent(content(3, 5000));
  encoder.addHardlink(bytes("link"), bytes("first"), position);
  encoder.beginFile(bytes("z"), metadata(S_IFREG | 0o640), 2000);
  encoder.writeContent(content(1, 2000));
  encoder.finish();
  const streams = { "x.pxar.didx": { bytes: sink.bytes() } };
  const archive: Archive = { streams, starts: new Map(), contents: "x.pxar.didx" };
  const cuts = [start + 1000, start + 2000];
  const patterns = ["link", "/z*"];
  await restoreDamaged({ archive, cuts, chunks: [1], patterns }, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.pxar.didx");
    assertMatch(end.lines[0]!, /^error: cannot restore "\/link": /);
    assertFiles(target, ["z"]);
  });
  // Without patterns the file is lost, and its other name with it: both are named and counted.
  await restoreDamaged({ archive, cuts, chunks: [1] }, (target, end, digests) => {
    assertDamage(end, digests[1]!, "x.pxar.didx");
    assertEquals(end.lines.length, 2);
    assertMatch(end.lines[0]!, /^error: cannot restore "\/first": /);
    assertMatch(
      end.lines[1]!,
      /^error: cannot find the target of hard link ".*\/link": No such file/,
    );
    assertEquals(end.made, {
      files: 1,
      directories: 0,
      symlinks: 0,
      hardlinks: 0,
      nodes: 0,
      fileBytes: 2000,
      errors: 2,
    });
    assertFiles(target, ["z"]);
  });
});
