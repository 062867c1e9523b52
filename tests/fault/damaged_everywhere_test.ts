import { assert, assertEquals } from "@std/assert";
import type { BackupCrypt } from "../../lib/backup/mod.ts";
import { createCryptConfig, generateKey } from "../../lib/crypto/mod.ts";
import { CorruptDataError } from "../../lib/errors/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { restoreStored } from "../support/restore_stored.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Trees whose chunk in the middle holds this. */
const SEEDS = { "files": 1, "the end of a directory and the start of the next": 3 } as const;

/** Makes three directories of twenty files, which share chunks. */
async function makeTree(source: string, seed: number): Promise<void> {
  const chance = new Chance(seed);
  const makeAlike = (path: string) => Deno.utime(path, 1_600_000_000, 1_600_000_000);
  for (const folder of ["a", "b", "c"]) {
    await Deno.mkdir(`${source}/${folder}`, { recursive: true });
    for (let number = 1; number <= 20; number++) {
      const path = `${source}/${folder}/${number}`;
      await Deno.writeFile(path, chance.bytes(number * 1500));
      await makeAlike(path);
    }
    await makeAlike(`${source}/${folder}`);
  }
  await makeAlike(source);
}

const PLACES: readonly [
  string,
  (body: (repository: Repository, store: string) => Promise<void>) => Promise<void>,
][] = [
  ["local", (body) => withLocalRepository((own) => body(own, own.datastore.path))],
  [
    "served",
    (body) => withRemoteRepository((far, server) => body(far, server.datastorePath)),
  ],
];

const PLACES_AND_SEEDS = PLACES.flatMap(([where, withRepository]) =>
  Object.entries(SEEDS).map(([what, seed]) => ({ what, seed, where, withRepository }))
);

for (const { what, seed, where, withRepository } of PLACES_AND_SEEDS) {
  Deno.test(`a lost chunk with ${what} costs what lies in it, plain and encrypted, ${where}`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    const source = `${dir.path}/source`;
    await makeTree(source, seed);
    const key: BackupCrypt = { config: await createCryptConfig(generateKey()), mode: "encrypt" };
    await withRepository(async (repository, store) => {
      for (const crypt of [undefined, key]) {
        for (const mode of ["legacy", "data"] as const) {
          const how = `${mode}-${crypt === undefined ? "plain" : "encrypted"}`;
          const snapshot = { type: "host", id: how, time: 1_700_000_000 } as const;
          await backUp(repository, snapshot, [`x.pxar:${source}`], {
            changeDetectionMode: mode,
            ...(crypt === undefined ? {} : { crypt }),
          });
          const name = mode === "legacy" ? "x.pxar.didx" : "x.ppxar.didx";
          const lost = await loseChunk(repository, snapshot, name, store);
          const target = `${dir.path}/${how}`;
          const options = crypt === undefined ? {} : { crypt: crypt.config };
          const end = await restoreStored(repository, "x.pxar", target, options, snapshot);
          assert(end.error instanceof CorruptDataError, `${how}: ${end.error}`);
          assert(`${end.error}`.includes(lost), `${how}: ${end.error}`);
          const missing = await compare(source, target);
          assert(missing.length > 0 && missing.length < 30, `${how}: ${missing}`);
          const named = end.lines.filter((line) => /cannot restore "/.test(line)).length;
          const nameless = end.lines.map((line) => / (\d+|an) entr/.exec(line)?.[1])
            .reduce((sum, count) => sum + (count === "an" ? 1 : Number(count ?? 0)), 0);
          assertEquals(named + nameless, missing.length, `${how}: ${end.lines.join("\n")}`);
          if (mode === "legacy") {
            const isTableLost = end.lines.some((line) => /the metadata of "\/[bc]"/.test(line));
            assertEquals(isTableLost, what !== "files", end.lines.join("\n"));
          }
        }
      }
    });
  });
}

/** Removes a chunk from the middle of an archive. @returns Its digest. */
async function loseChunk(
  repository: Repository,
  snapshot: { readonly type: "host"; readonly id: string; readonly time: number },
  name: string,
  store: string,
): Promise<string> {
  await using source = await repository.openSnapshot("", snapshot);
  const index = parseDynamicIndex(await source.readFile(name), name);
  const digest = encodeHex(index.digestAt(index.chunkCount >> 1));
  await Deno.remove(`${store}/.chunks/${digest.slice(0, 4)}/${digest}`);
  return digest;
}

/** Fails if a file that is there differs. @returns Those that are missing. */
async function compare(source: string, target: string): Promise<string[]> {
  const missing: string[] = [];
  for (const folder of ["a", "b", "c"]) {
    for (const { name } of Deno.readDirSync(`${source}/${folder}`)) {
      const path = `${folder}/${name}`;
      const found = await Deno.readFile(`${target}/${path}`).catch(() => undefined);
      if (found === undefined) missing.push(path);
      else assertEquals(found, await Deno.readFile(`${source}/${path}`), path);
    }
  }
  return missing;
}
