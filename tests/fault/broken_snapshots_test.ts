import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { encodeBlob } from "../../lib/blob/mod.ts";
import { sha256 } from "../../lib/crypto/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { createManifest, encodeManifestBlob, type ManifestFile } from "../../lib/manifest/mod.ts";
import type { BackupTarget, Repository } from "../../lib/repository/mod.ts";
import { eventually } from "../support/eventually.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { makeChunk, writeArchive, writeSnapshot } from "../support/target_conformance.ts";

const web = { type: "host" as const, id: "web" };
const DAY = 86400;
const first = { ...web, time: 1700000000 };
const second = { ...web, time: first.time + DAY };
const third = { ...web, time: second.time + DAY };
const FIRST_FOLDER = "host/web/2023-11-14T22:13:20Z";
const SECOND_FOLDER = "host/web/2023-11-15T22:13:20Z";

/** Ways in which a finished snapshot can be broken, done to its folder. */
const DAMAGES: Readonly<Record<string, (folder: string) => void>> = {
  "an empty manifest": (folder) => Deno.truncateSync(`${folder}/index.json.blob`),
  "a cut manifest": (folder) => Deno.truncateSync(`${folder}/index.json.blob`, 40),
  "a manifest of zeros": (folder) =>
    Deno.writeFileSync(`${folder}/index.json.blob`, new Uint8Array(200)),
  "a missing index": (folder) => Deno.removeSync(`${folder}/root.pxar.didx`),
};

/** Both forms of a repository, with the path of the datastore behind it. */
const FORMS = {
  local: (body: (repository: Repository, path: string) => Promise<void>) =>
    withLocalRepository((repository) => body(repository, repository.datastore.path)),
  served: (body: (repository: Repository, path: string) => Promise<void>) =>
    withRemoteRepository((repository, server) => body(repository, server.datastorePath)),
};

async function write(repository: Repository, snapshot: typeof first, byte: number): Promise<void> {
  const chunk = await makeChunk(byte, 1000);
  // A server gives locks back a little after its answer.
  await eventually(() => writeSnapshot(repository, snapshot, [chunk]));
}

for (const [form, withRepository] of Object.entries(FORMS)) {
  for (const [name, damage] of Object.entries(DAMAGES)) {
    Deno.test(`${form}: ${name} neither stops backups nor costs a good snapshot`, () =>
      withRepository(async (repository, path) => {
        await write(repository, first, 1);
        await write(repository, second, 2);
        damage(`${path}/${SECOND_FOLDER}`);
        {
          await using target = await repository.beginBackup({ namespace: "", snapshot: third });
          assertEquals(target.previousTime, first.time);
          assert(await target.previousIndex("root.pxar.didx"));
        }
        const lines: string[] = [];
        const decisions = await eventually(() =>
          repository.prune(
            { namespace: "", group: web, keep: { last: 1, daily: 1 } },
            (line) => lines.push(line),
          )
        );
        assertEquals(decisions.map(({ keep }) => keep), [true, true]);
        if (form === "local") assertStringIncludes(lines.join(), "is broken and does not count");
        const times = async () => (await repository.listSnapshots("", web)).map(({ time }) => time);
        assertEquals(await times(), [first.time, second.time]);
        await write(repository, third, 3);
        // As old as it is, the rules would not keep it if it were a good one either.
        const again = await eventually(() =>
          repository.prune({ namespace: "", group: web, keep: { last: 1 } })
        );
        assertEquals(again.map(({ keep }) => keep), [false, false, true]);
        assertEquals(await times(), [third.time]);
      }));
  }
}

Deno.test("a backup that passes a broken snapshot over says so", () =>
  withLocalRepository(async (repository) => {
    await write(repository, first, 1);
    Deno.truncateSync(`${repository.datastore.path}/${FIRST_FOLDER}/index.json.blob`);
    await using target = await repository.beginBackup({ namespace: "", snapshot: second });
    assertEquals(target.previousTime, undefined);
    await uploadManifestOf(target, []);
    const { warnings } = await target.finish();
    assertEquals(warnings.length, 1);
    assertStringIncludes(warnings[0]!, '"host/web/2023-11-14T22:13:20Z" is broken');
  }));

Deno.test("a snapshot whose verification failed keeps no other from being kept", () =>
  withLocalRepository(async (repository) => {
    await write(repository, first, 1);
    await write(repository, second, 2);
    const { datastore } = repository;
    const digest = (await makeChunk(2, 1000)).digest.toHex();
    Deno.truncateSync(`${datastore.path}/.chunks/${digest.slice(0, 4)}/${digest}`, 20);
    assertEquals(await repository.verify({ namespace: "" }, () => {}), { ok: false });
    const decisions = await repository.prune({ namespace: "", group: web, keep: { last: 1 } });
    assertEquals(decisions.map(({ mark }) => mark), ["keep", "keep"]);
  }));

Deno.test("an owner file that cannot be read hides no other group, and can be replaced", () =>
  withLocalRepository(async (repository) => {
    await write(repository, first, 1);
    await writeSnapshot(repository, { ...first, id: "other" }, [await makeChunk(1, 1000)]);
    const owner = `${repository.datastore.path}/host/web/owner`;
    const spoilt = [new Uint8Array(), new Uint8Array([0xff, 0xfe, 0x0a]), undefined] as const;
    for (const [at, bytes] of spoilt.entries()) {
      Deno.removeSync(owner);
      if (bytes === undefined) Deno.symlinkSync("/nowhere", owner);
      else Deno.writeFileSync(owner, bytes);
      assertEquals((await repository.listGroups("")).map(({ id }) => id), ["other", "web"]);
      assertEquals((await repository.listSnapshots("")).length, 2 + at);
      await repository.changeOwner("", web, "joe@pbs");
      assertEquals(Deno.readTextFileSync(owner), "joe@pbs\n");
      await write(repository, { ...web, time: second.time + at }, 2);
    }
  }));

async function uploadManifestOf(
  target: BackupTarget,
  files: readonly ManifestFile[],
  snapshot = target.snapshot,
): Promise<void> {
  const blob = await encodeManifestBlob(createManifest(snapshot, files));
  await target.uploadBlob("index.json.blob", blob);
}

/** Manifests that do not agree with what was stored, from one that does. */
const LIES: Readonly<Record<string, (files: readonly ManifestFile[]) => readonly ManifestFile[]>> =
  {
    "a file that is not there": (files) => [
      ...files,
      { ...files[0]!, filename: "gone.pxar.didx" },
    ],
    "a file elsewhere": (files) => [
      ...files,
      { ...files[1]!, filename: "../../../etc/passwd.blob" },
    ],
    "a file of another snapshot": ([tree, ...rest]) => [
      { ...tree!, filename: "../2023-11-14T22:13:20Z/root.pxar.didx" },
      ...rest,
    ],
    "a file twice": (files) => [...files, files[0]!],
    "an index of another size": ([tree, ...rest]) => [{ ...tree!, size: 999 }, ...rest],
    "an index of another checksum": ([tree, ...rest]) => [
      { ...tree!, checksum: new Uint8Array(32) },
      ...rest,
    ],
    "a blob of another size": ([tree, blob]) => [tree!, { ...blob!, size: blob!.size + 1 }],
    "a blob of another checksum": ([tree, blob]) => [
      tree!,
      { ...blob!, checksum: new Uint8Array(32) },
    ],
  };

async function storeFiles(target: BackupTarget): Promise<ManifestFile[]> {
  const { size, checksum } = await writeArchive(target, "dynamic", "root.pxar.didx", [
    await makeChunk(1, 1000),
  ]);
  const blob = await encodeBlob(new Uint8Array(30), { compress: false });
  await target.uploadBlob(
    "app.conf.blob",
    await encodeBlob(new Uint8Array(9), { compress: false }),
  );
  // The last one of a name is the one that counts.
  await target.uploadBlob("app.conf.blob", blob);
  return [
    { filename: "root.pxar.didx", cryptMode: "none", size, checksum },
    { filename: "app.conf.blob", cryptMode: "none", size: blob.length, checksum: sha256(blob) },
  ];
}

for (const [form, withRepository] of Object.entries(FORMS)) {
  Deno.test(`${form}: a manifest has to agree with what was stored`, () =>
    withRepository(async (repository, path) => {
      const refuse = async (
        name: string,
        lie: (files: readonly ManifestFile[]) => readonly ManifestFile[],
        identity = first,
      ) => {
        {
          await using target = await eventually(() =>
            repository.beginBackup({ namespace: "", snapshot: first })
          );
          await uploadManifestOf(target, lie(await storeFiles(target)), identity);
          await assertRejects(
            () => target.finish(),
            PbsError,
            "does not agree with what was",
            name,
          );
        }
        await eventually(() =>
          assertRejects(() => Deno.stat(`${path}/host/web`), Deno.errors.NotFound)
        );
      };
      for (const [name, lie] of Object.entries(LIES)) await refuse(name, lie);
      await refuse("another time", (files) => files, second);
      await refuse("another id", (files) => files, { ...first, id: "other" });
      await refuse("another type", (files) => files, { ...first, type: "vm" as "host" });
      await using target = await eventually(() =>
        repository.beginBackup({ namespace: "", snapshot: first })
      );
      // What is not listed misleads nobody.
      await uploadManifestOf(target, (await storeFiles(target)).slice(0, 1));
      await target.finish();
    }));
}

/** Names with which a stored manifest may lead readers astray. */
const TRAPS = ["../../../secret.blob", "/etc/passwd.blob", "..blob", "a/b.didx", "x\n.blob"];

Deno.test("readers follow no file name of a stored manifest out of its snapshot", () =>
  withLocalRepository(async (repository: LocalRepository) => {
    await write(repository, first, 1);
    const { datastore } = repository;
    const secret = await encodeBlob(new TextEncoder().encode("secret"), { compress: false });
    Deno.writeFileSync(`${datastore.path}/secret.blob`, secret);
    for (const filename of TRAPS) {
      const file = {
        filename,
        cryptMode: "none" as const,
        size: secret.length,
        checksum: sha256(secret),
      };
      const blob = await encodeManifestBlob(createManifest(first, [file]));
      Deno.writeFileSync(`${datastore.path}/${FIRST_FOLDER}/index.json.blob`, blob);
      const lines: string[] = [];
      const { ok } = await repository.verify(
        { namespace: "", ignoreVerified: false },
        (line) => lines.push(line),
      );
      assertEquals(ok, false, filename);
      assertStringIncludes(lines.join("\n"), "is not the name of an index or a blob");
      await using source = await repository.openSnapshot("", first);
      await assertRejects(() => source.readFile(filename), PbsError, "is not the name");
      assertEquals((await repository.listSnapshots(""))[0]!.files[0]!.filename, filename);
      const decisions = await repository.prune({ namespace: "", group: web, keep: { last: 1 } });
      assertEquals(decisions.length, 1);
    }
    assertEquals(Deno.readFileSync(`${datastore.path}/secret.blob`), secret);
    await repository.moveGroup({ group: web, from: "", to: "" }, () => {}).catch(() => {});
    await repository.forgetSnapshot("", first);
    assertEquals(Deno.readFileSync(`${datastore.path}/secret.blob`), secret);
  }));
