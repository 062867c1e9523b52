import { assert, assertEquals } from "@std/assert";
import { CorruptDataError } from "../../lib/errors/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { compareSnapshots } from "../support/compare_snapshots.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { RawArchive } from "../support/raw_archive.ts";
import { storeArchives } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";

const CASES = 60;

function snapshotAt(time: number): BackupSnapshot {
  return { type: "host", id: "strange", time };
}

/** A version 1 archive. */
function archive(build: (archive: RawArchive) => RawArchive): Uint8Array {
  return build(new RawArchive()).end();
}

Deno.test("archives that strangers have changed give differences or one error that names them", () =>
  withLocalRepository(async (repository) => {
    const chance = new Chance(31);
    const good = archive((root) =>
      Array.from({ length: 20 }, (_, i) => i).reduce(
        (root, i) =>
          root.file(`file${String.fromCharCode(97 + i)}`, `a content of some length, number ${i}`),
        root.symlink("a-link", "target"),
      )
    );
    await storeArchives(repository, { "x.pxar.didx": { bytes: good } }, snapshotAt(1));
    let [errors, results] = [0, 0];
    for (let i = 0; i < CASES; i++) {
      const at = chance.below(good.length);
      const bytes = i % 2 === 0
        ? chance.mutate(good)
        : good.with(at, good[at]! ^ (1 << chance.below(8)));
      const snapshot = snapshotAt(2 + i);
      const cuts = [chance.below(bytes.length), bytes.length - 1].sort((a, b) => a - b);
      await storeArchives(repository, { "x.pxar.didx": { bytes, cuts } }, snapshot);
      try {
        await compareSnapshots(repository, snapshotAt(1), snapshot);
        results++;
      } catch (error) {
        if (!(error instanceof CorruptDataError)) throw error;
        assert(error.message.startsWith("snapshot host/strange/"), error.message);
        assert(error.message.includes("x.pxar.didx: "), error.message);
        errors++;
      }
    }
    assert(errors > 10 && results > 5, `${errors} errors, ${results} results`);
  }));

Deno.test("archives whose entries are not in order are refused, since nothing can be told of them", () =>
  withLocalRepository(async (repository) => {
    const build = {
      order: archive((root) => root.file("b", "1").file("a", "2")),
      twice: archive((root) => root.file("b", "1").file("b", "2")),
      good: archive((root) => root.file("a", "1").file("b", "2")),
    };
    let time = 1;
    await storeArchives(repository, { "x.pxar.didx": { bytes: build.good } }, snapshotAt(time));
    for (const name of ["order", "twice"] as const) {
      const snapshot = snapshotAt(++time);
      await storeArchives(repository, { "x.pxar.didx": { bytes: build[name] } }, snapshot);
      for (const [a, b] of [[snapshotAt(1), snapshot], [snapshot, snapshotAt(1)]] as const) {
        const error = await compareSnapshots(repository, a, b).catch((error) => error);
        assert(error instanceof CorruptDataError, String(error));
        assert(error.message.includes("not in the order of names"), error.message);
      }
    }
  }));

Deno.test("the list of patterns that stands last in an archive disturbs no comparison", () =>
  withLocalRepository(async (repository) => {
    await using dir = await TempDir.make("/dev/shm");
    for (const name of ["#first", "middle"]) await Deno.writeTextFile(`${dir.path}/${name}`, "x");
    const backUpWith = async (time: number, pattern: string, mode: "legacy" | "data") =>
      await backUp(repository, snapshotAt(time), [`t.pxar:${dir.path}`], {
        changeDetectionMode: mode,
        excludes: [pattern],
      });
    await backUpWith(1, "*.tmp", "legacy");
    await Deno.writeTextFile(`${dir.path}/zz`, "new");
    await backUpWith(2, "*.tmp", "legacy");
    await backUpWith(3, "*.temporary", "legacy");
    await backUpWith(4, "*.tmp", "data");
    const compared = async (before: number, after: number) => {
      const { changes } = await compareSnapshots(repository, snapshotAt(before), snapshotAt(after));
      return changes.flatMap((change) => "entry" in change ? [change.entry] : [])
        .filter(({ path }) => path.length > 0)
        .map(({ status, path, parts }) => [status, new TextDecoder().decode(path), ...parts]);
    };
    assertEquals(await compared(1, 2), [["added", "zz"]]);
    assertEquals(await compared(2, 3), [["changed", ".pxarexclude-cli", "size", "content"]]);
    assertEquals(await compared(1, 4), [["added", "zz"]]);
    assertEquals(await compared(4, 1), [["removed", "zz"]]);
  }));
