import { assert, assertEquals } from "@std/assert";
import type { BackupRequest, ChangeDetectionMode } from "../../lib/backup/mod.ts";
import { createCryptConfig } from "../../lib/crypto/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { noise } from "../support/noise.ts";
import { restoreStored } from "../support/restore_stored.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const MIB = 1 << 20;
const CATALOG = "catalog.pcat1.didx";

/** Folders `a` and `b` with a large file and small ones each, and backups of them. */
class Place {
  #time = 1_700_000_000;
  /** Previous indexes that the last run has asked for. */
  fetched: string[] = [];

  constructor(readonly dir: string, readonly repository: Repository) {
    for (const [name, seed] of [["a", 100], ["b", 200]] as const) {
      Deno.mkdirSync(`${dir}/${name}`);
      Deno.writeFileSync(`${dir}/${name}/large`, noise(4 * MIB, seed + 99));
      for (let i = 0; i < 50; i++) Deno.writeFileSync(`${dir}/${name}/${i}`, noise(3000, seed + i));
      Deno.utimeSync(`${dir}/${name}`, 1_500_000_000, 1_500_000_000);
      for (const { name: file } of Deno.readDirSync(`${dir}/${name}`)) {
        Deno.utimeSync(`${dir}/${name}/${file}`, 1_500_000_000, 1_500_000_000);
      }
    }
  }

  /** @returns Bytes of chunks that had to be stored, by archive. */
  async backUp(
    specs: readonly string[],
    options: Partial<BackupRequest>,
  ): Promise<Record<string, number>> {
    this.fetched = [];
    const snapshot: BackupSnapshot = { type: "host", id: "t", time: this.#time++ };
    const paths = specs.map((spec) => spec.replace(":", `:${this.dir}/`));
    const { report, lines } = await backUp(this.#watched(), snapshot, paths, options);
    assertEquals(lines.filter((line) => line.startsWith("Couldn't use previous index")), []);
    for (const spec of specs) {
      const [name, folder] = spec.split(":");
      const out = `${this.dir}/out`;
      const crypt = options.crypt === undefined ? {} : { crypt: options.crypt.config };
      const { error } = await restoreStored(this.repository, name!, out, crypt, snapshot);
      if (error !== undefined) throw error;
      await runPeer("diff", ["-r", `${this.dir}/${folder}`, out]);
      await runPeer("rm", ["-rf", out]);
    }
    return Object.fromEntries(report.archives.map(({ name, newBytes }) => [name, newBytes]));
  }

  /** The repository, with a look at what is asked of it. */
  #watched(): Repository {
    const beginBackup: Repository["beginBackup"] = async (begin) => {
      const target = await this.repository.beginBackup(begin);
      const fetch = target.previousIndex.bind(target);
      target.previousIndex = (name) => {
        this.fetched.push(name);
        return fetch(name);
      };
      return target;
    };
    return new Proxy(this.repository, {
      get: (repository, property) => {
        if (property === "beginBackup") return beginBackup;
        const value = Reflect.get(repository, property);
        return typeof value === "function" ? value.bind(repository) : value;
      },
    });
  }
}

async function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await withLocalRepository((repository) => body(new Place(dir.path, repository)));
}

const sum = (sizes: Record<string, number>) => Object.values(sizes).reduce((a, b) => a + b, 0);

Deno.test("archives of one run share what they store, and what is known", async () => {
  await withPlace(async (place) => {
    const first = await place.backUp(["x.pxar:a", "y.pxar:a"], {});
    assert(first["x.pxar.didx"]! > 4 * MIB);
    assertEquals(first["y.pxar.didx"], 0);
    // Each folder is in the archive of the other now.
    await place.backUp(["x.pxar:a", "y.pxar:b"], {});
    const swapped = await place.backUp(["x.pxar:b", "y.pxar:a"], {});
    assertEquals([swapped["x.pxar.didx"], swapped["y.pxar.didx"]], [0, 0]);
    // Nor does a new name cost anything.
    const renamed = await place.backUp(["z.pxar:b"], {});
    assertEquals(renamed["z.pxar.didx"], 0);
  });
});

Deno.test("a catalog that has not changed is not stored again", async () => {
  await withPlace(async (place) => {
    assert((await place.backUp(["x.pxar:a"], {}))[CATALOG]! > 0);
    assertEquals((await place.backUp(["x.pxar:a"], {}))[CATALOG], 0);
  });
});

Deno.test("every index of the previous snapshot is fetched once in a run", async () => {
  await withPlace(async (place) => {
    const archives = ["x.pxar:a", "y.pxar:b"];
    const halves = ["x.mpxar.didx", "x.ppxar.didx", "y.mpxar.didx", "y.ppxar.didx"];
    for (const mode of ["data", "metadata", "metadata", "legacy", "legacy"] as const) {
      await place.backUp(archives, { changeDetectionMode: mode });
      place.fetched.sort();
      if (mode === "metadata") assertEquals(place.fetched, halves);
    }
    assertEquals(place.fetched, [CATALOG, "x.pxar.didx", "y.pxar.didx"]);
  });
});

Deno.test("after a change of mode everything that both archives have alike is known", async () => {
  await withPlace(async (place) => {
    const all = sum(await place.backUp(["x.pxar:a"], { changeDetectionMode: "legacy" }));
    const cost = async (changeDetectionMode: ChangeDetectionMode) =>
      sum(await place.backUp(["x.pxar:a"], { changeDetectionMode })) / all;
    // The inside of the large file is cut alike wherever it lies; small files are not.
    const [data, metadata, legacy] = [
      await cost("data"),
      await cost("metadata"),
      await cost("legacy"),
    ];
    assert(data > 0 && data < 0.25, `${data} for data after legacy`);
    assert(metadata < 0.02, `${metadata} for metadata after data`);
    assert(legacy < 0.25, `${legacy} for legacy after metadata`);
    const again = await cost("metadata");
    assert(again < 0.25, `${again} for metadata after legacy`);
    assertEquals(await cost("data") < 0.02, true);
  });
});

Deno.test("nothing of a snapshot with another key or without one is taken for known", async () => {
  const [one, two] = [await createCryptConfig(noise(32, 1)), await createCryptConfig(noise(32, 2))];
  const encrypted = (config: typeof one) => ({ crypt: { config, mode: "encrypt" as const } });
  for (const changeDetectionMode of ["legacy", "metadata"] as const) {
    await withPlace(async (place) => {
      const cost = async (crypt: Partial<BackupRequest>) =>
        sum(await place.backUp(["x.pxar:a"], { changeDetectionMode, ...crypt }));
      const all = await cost({});
      assertEquals(await cost(encrypted(one)) >= all, true);
      assert(await cost(encrypted(one)) < all / 100);
      assertEquals(place.fetched.length, 2, "the same key");
      assertEquals(await cost(encrypted(two)) >= all, true);
      assertEquals(place.fetched, [], "another key");
      assertEquals(await cost({}) >= all, true);
      assertEquals(place.fetched, [], "no key");
      // A signature leaves chunks as they are.
      assert(await cost({ crypt: { config: one, mode: "sign-only" } }) < all / 2);
      assertEquals(place.fetched.length, 2, "signed after plain");
    });
  }
});
