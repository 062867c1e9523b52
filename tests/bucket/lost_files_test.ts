import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError, PbsError } from "../../lib/errors/mod.ts";
import { BucketWorld, QUICK } from "../support/bucket_world.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const first = { type: "host" as const, id: "elsa", time: 1700000000 };
const second = { ...first, time: 1700000100 };
const FOLDER = "store/.cnt/host/elsa/2023-11-14T22:13:20Z";
const MANIFEST = `${FOLDER}/index.json.blob`;

interface LostWorld {
  readonly world: BucketWorld;
  readonly opened: BucketDatastore;
  readonly repository: LocalRepository;
  readonly index: string;
  /** Verifies all, and tells what was said of problems. */
  verify(): Promise<{ ok: boolean; text: string }>;
}

async function withSnapshots(body: (lost: LostWorld) => Promise<void>): Promise<void> {
  await using world = await BucketWorld.make();
  await using opened = await BucketDatastore.create(world.place(), QUICK);
  const repository = new LocalRepository(opened.datastore);
  for (const [byte, snapshot] of [first, second].entries()) {
    await writeSnapshot(repository, snapshot, [await makeChunk(byte + 1, 1000)]);
  }
  await repository.createNamespace("n");
  const index = world.keys().find((key) => key.startsWith(FOLDER) && key.endsWith("didx"))!;
  const verify = async () => {
    const lines: string[] = [];
    const request = { namespace: "", ignoreVerified: false };
    const { ok } = await repository.verify(request, (line) => void lines.push(line));
    return { ok, text: lines.join("\n") };
  };
  await body({ world, opened, repository, index, verify });
}

/** Everything in the bucket, to be compared. */
function contents({ objects }: BucketWorld): Record<string, string> {
  return Object.fromEntries(
    [...objects.objects].sort().map(([key, { content }]) => [key, content.toHex()]),
  );
}

Deno.test("what the bucket has lost is found by verifying, and brought back when that is asked for", () =>
  withSnapshots(async ({ world, opened, verify, index, repository }) => {
    await repository.setProtected("", first, true);
    assertEquals((await verify()).ok, true);
    const before = contents(world);
    const lost = ["store/.cnt/host/elsa/owner", `${FOLDER}/.protected`, index];
    for (const key of lost) await world.objects.remove(key);
    const { ok, text } = await verify();
    assertEquals(ok, false);
    for (const key of lost) assertStringIncludes(text, `has lost "${key}"`);
    assertStringIncludes(text, "--upload-lost");
    // Nobody has brought anything back.
    for (const key of lost) assertEquals(world.keys().includes(key), false);

    await world.objects.remove("store/.cnt/ns/n/.namespace");
    await world.objects.remove(MANIFEST);
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const uploads: string[] = [];
    world.objects.onRequest = (request, key) => void (request === "put" && uploads.push(key));
    const { uploaded } = await opened.refresh({ uploadLost: true, log });
    world.objects.onRequest = () => {};
    assertEquals(uploaded, 5);
    // The owner before all else of the group, the manifest after all else of the snapshot.
    const ofGroup = uploads.filter((key) => key.includes("/host/"));
    assertEquals([ofGroup[0], ofGroup.at(-1)], [lost[0], MANIFEST]);
    for (const key of uploads) {
      assert(lines.some((line) => line.includes(key)) || key.includes("/ns/"));
    }
    assertEquals(Object.keys(contents(world)), Object.keys(before));
    assertEquals(contents(world)[index], before[index]);
    assertEquals((await verify()).ok, true);
    assertEquals((await opened.refresh({ uploadLost: true })).uploaded, 0);
  }));

Deno.test("a manifest that is lost or another one is reported, and not replaced by the result", () =>
  withSnapshots(async ({ world, opened, verify, repository }) => {
    await world.objects.remove(MANIFEST);
    const lost = await verify();
    assertEquals(lost.ok, false);
    assertStringIncludes(lost.text, `has lost "${MANIFEST}"`);
    assertStringIncludes(lost.text, "the result is not recorded");
    assertEquals(world.keys().includes(MANIFEST), false);
    assertEquals((await opened.refresh({ uploadLost: true })).uploaded, 1);

    // Of notes that only one side has, nobody is to be alarmed: who is killed in between leaves them.
    const quiet = (await world.objects.get(MANIFEST))!.content;
    await repository.writeNotes("", first, "of the bucket");
    const noted = (await world.objects.get(MANIFEST))!.content;
    await world.objects.put(MANIFEST, quiet);
    const notes = await verify();
    assertEquals(notes.ok, true);
    assertStringIncludes(notes.text, `"${MANIFEST}" in memory has another content`);

    // One that names other archives stays as it is; a refresh takes it over, as the bucket counts.
    const others = world.keys().find((key) => key.includes("22:15:00Z/index.json"))!;
    const foreign = (await world.objects.get(others))!.content;
    for (const content of [foreign, noted.subarray(0, 30)]) {
      await world.objects.put(MANIFEST, content);
      const other = await verify();
      assertEquals(other.ok, false);
      assertStringIncludes(other.text, `"${MANIFEST}" in memory has another content`);
      assertEquals((await world.objects.get(MANIFEST))!.content, content);
    }
    await world.objects.put(MANIFEST, noted);
    assertEquals((await opened.refresh({ uploadLost: true })).uploaded, 0);
    assertEquals(await repository.readNotes("", first), "of the bucket");
    assertEquals((await verify()).ok, true);
  }));

Deno.test("an archive in the bucket that is not the manifest's is replaced by the cache's, if that is", () =>
  withSnapshots(async ({ world, opened, verify, index, repository }) => {
    const good = (await world.objects.get(index))!.content;
    const bad = good.slice();
    bad[bad.length - 1]! ^= 1;
    await world.objects.put(index, bad);
    assertStringIncludes((await verify()).text, `"${index}" in memory has another content`);
    assertEquals((await opened.refresh({ uploadLost: true })).uploaded, 1);
    assertEquals((await world.objects.get(index))!.content, good);
    assertEquals((await verify()).ok, true);

    // Nothing of a snapshot goes that is damaged in the cache, and all of the other one.
    const local = `${opened.datastore.path}/${index.slice("store/.cnt/".length)}`;
    await Deno.writeFile(local, bad);
    const ofSecond = world.keys().find((key) => key.includes("22:15:00Z") && key.endsWith("didx"))!;
    for (const key of [index, ofSecond]) await world.objects.remove(key);
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const { uploaded } = await opened.refresh({ uploadLost: true, log });
    assertEquals(uploaded, 1);
    assert(
      lines.some((line) => line.startsWith(`WARN: nothing of "host/elsa/2023-11-14T22:13:20Z"`)),
    );
    assertEquals([index, ofSecond].map((key) => world.keys().includes(key)), [false, true]);
    assertEquals((await repository.listSnapshots("")).length, 2);
  }));

Deno.test("a cache that may be incomplete itself brings nothing back", () =>
  withSnapshots(async ({ world, opened, index }) => {
    world.objects.onRequest = (request, key) => {
      if (request === "get" && key === index) throw new PbsError("cut off");
    };
    await assertRejects(() => opened.refresh({ uploadLost: true }), PbsError, "cut off");
    // It failed before anything was changed here: it can be asked for again.
    assertEquals(opened.needsRefresh, false);
    await assertRejects(() => opened.refresh(), PbsError, "cut off");
    world.objects.onRequest = () => {};
    await assertRejects(() => opened.refresh({ uploadLost: true }), ConflictError, "refresh");
    assertEquals(await opened.refresh().then(({ uploaded }) => uploaded), 0);
  }));
