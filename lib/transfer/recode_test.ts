import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { copyStored } from "../../tests/support/copy_in_process.ts";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import {
  expectedDatastore,
  realDatastore,
  realVectorText,
} from "../../tests/support/real_datastore.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { createCryptConfig, type CryptConfig, openKey, parseKeyFile } from "../crypto/mod.ts";
import { Datastore, LocalRepository } from "../datastore/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { checkSignature } from "../manifest/mod.ts";
import { CheckedSnapshot, ChunkPrefetcher } from "../reading/mod.ts";
import { formatSnapshotPath, type Repository } from "../repository/mod.ts";
import { checkRecoding, type Recoding, type RecodingKind } from "./recoding.ts";

const OLD = await openKey(
  parseKeyFile(realVectorText("keys/none.key")),
  () => Promise.reject(new Error("it has no passphrase")),
);
const NEW = await createCryptConfig(new Uint8Array(32).fill(77));
const OBSERVER = { log: () => {} };
const EXPECTED = expectedDatastore();

function recodingOf(kind: RecodingKind, from?: CryptConfig, to?: CryptConfig): Recoding {
  return { kinds: new Set([kind]), sourceKey: from, targetKey: to };
}

/** Reads a snapshot as a restore does. @returns SHA-256 of the plain bytes of each file. */
async function contentsOf(
  repository: Repository,
  namespace: string,
  snapshot: { readonly type: "ct" | "host" | "vm"; readonly id: string; readonly time: number },
  crypt: CryptConfig | undefined,
): Promise<Map<string, string>> {
  await using source = await repository.openSnapshot(namespace, snapshot);
  const checked = await CheckedSnapshot.open(source, crypt, "", OBSERVER);
  if (crypt !== undefined) assertEquals(checkSignature(checked.manifest, crypt), "signed");
  const found = new Map<string, string>();
  for (const file of checked.manifest.files) {
    const encrypted = file.cryptMode === "encrypt";
    const hash = createHash("sha256");
    if (file.filename === "rsa-encrypted.key.blob") continue;
    if (file.filename.endsWith(".blob")) hash.update(await checked.readBlob(file));
    else {
      using decoder = new ChunkDecoder({ crypt });
      const index = await checked.readIndex(file);
      using chunks = new ChunkPrefetcher(source, index, decoder, encrypted);
      for (let next = await chunks.next(); next !== undefined; next = await chunks.next()) {
        hash.update(next.chunk.bytes);
        next.release();
      }
    }
    found.set(file.filename, hash.digest("hex"));
  }
  return found;
}

/** Files of a recorded snapshot, by their plain bytes. */
function recordedContents(namespace: string, path: string): Map<string, string> {
  const { files } = EXPECTED.snapshots.find((each) =>
    each.namespace === namespace && each.directory.endsWith(path)
  )!;
  return new Map(
    files.filter(({ filename }) => filename !== "rsa-encrypted.key.blob")
      .map((file) => [file.filename, file["plain-sha256"]]),
  );
}

Deno.test("snapshots get another key, none, and one again, with the same contents", async () => {
  await using source = new LocalRepository(Datastore.open(await realDatastore()));
  const isMeant = ({ id }: { readonly id: string }) => ["enc", "sign"].includes(id);
  await withLocalRepository((another) =>
    withLocalRepository((plain) =>
      withLocalRepository(async (again) => {
        const steps: [Repository, LocalRepository, Recoding, CryptConfig | undefined][] = [
          [source, another, recodingOf("reencrypt", OLD, NEW), NEW],
          [another, plain, recodingOf("decrypt", NEW), undefined],
          [plain, again, recodingOf("encrypt", undefined, OLD), OLD],
        ];
        for (const [from, to, recoding, key] of steps) {
          const { report, outcomes } = await copyStored(from, to, { isMeant }, { recoding });
          assertEquals(outcomes.flatMap(({ reason }) => reason ?? []), []);
          assertEquals([report.snapshots.copied, report.snapshots.failed], [4, 0]);
          for (const { to: { namespace, snapshot } } of outcomes) {
            const path = formatSnapshotPath(snapshot);
            assertEquals(
              await contentsOf(to, namespace, snapshot, key),
              recordedContents(namespace, path),
              path,
            );
          }
          assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
        }
        // Encrypted in the same way as in the beginning: the same digests.
        const [enc] = await again.listSnapshots("a/b", { type: "host", id: "enc" });
        await using reading = await again.openSnapshot("a/b", enc!);
        const checked = await CheckedSnapshot.open(reading, OLD, "", OBSERVER);
        const isIndex = ({ filename }: { readonly filename: string }) => filename.endsWith("idx");
        const index = await checked.readIndex(checked.manifest.files.find(isIndex)!);
        for (let i = 0; i < index.chunkCount; i++) {
          assert(source.storedSizeOf!(index.digestAt(i)) !== undefined);
        }
      })
    )
  );
});

Deno.test("a change of key moves nothing that the target has, and leaves what it does not fit", async () => {
  await using source = new LocalRepository(Datastore.open(await realDatastore()));
  await withLocalRepository(async (target) => {
    const recoding = recodingOf("reencrypt", OLD, NEW);
    const { outcomes } = await copyStored(source, target, {}, { recoding });
    const failed = outcomes.filter(({ state }) => state === "failed");
    // It was made with a third key.
    assertEquals(failed.map(({ from }) => from.snapshot.id), ["encp"]);
    const enc = outcomes.filter(({ from }) => from.snapshot.id === "enc");
    assert(enc.at(-1)!.copied!.chunksReused > 0);
    // Plain ones are copied as they are.
    const vm = outcomes.find(({ from }) => from.snapshot.id === "100")!;
    assertEquals(vm.state, "copied");
    const { snapshot } = vm.from;
    assertEquals(
      await contentsOf(target, "", snapshot, undefined),
      recordedContents("", formatSnapshotPath(snapshot)),
    );
  });
});

Deno.test("a change of protection is refused before anything is copied if a key is missing or the same", async () => {
  const wrong: [Recoding, string][] = [
    [recodingOf("reencrypt", undefined, NEW), "key of the source is missing"],
    [recodingOf("reencrypt", OLD), "key of the copies is missing"],
    [recodingOf("reencrypt", OLD, OLD), "is that of the source"],
    [recodingOf("encrypt"), "key of the copies is missing"],
    [recodingOf("decrypt"), "key of the source is missing"],
    [{ kinds: new Set(["reencrypt", "decrypt"]), sourceKey: OLD, targetKey: NEW }, "either"],
  ];
  for (const [recoding, words] of wrong) {
    await assertRejects(async () => await checkRecoding(recoding), UsageError, words);
  }
});
