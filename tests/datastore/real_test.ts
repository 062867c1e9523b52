import { assertEquals } from "@std/assert";
import {
  createNativeChunkChecker,
  Datastore,
  LocalRepository,
  verify,
} from "../../lib/datastore/mod.ts";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { expectedDatastore, realDatastore } from "../support/real_datastore.ts";
import { TempDir } from "../support/temp_dir.ts";

const expected = expectedDatastore();

/** Runs `body` on a copy of the real server's datastore. */
async function withCopy(body: (repository: LocalRepository) => Promise<void>): Promise<void> {
  await using folder = await TempDir.make();
  const path = `${folder.path}/store`;
  await new Deno.Command("cp", { args: ["-a", await realDatastore(), path] }).output();
  await using repository = new LocalRepository(Datastore.open(path));
  await body(repository);
}

Deno.test("a real server's datastore is listed as its server lists it", () =>
  withCopy(async (repository) => {
    let count = 0;
    const namespaces = (await repository.listNamespaces("")).map((each) => each.namespace);
    assertEquals(namespaces, ["", "a", "a/b"]);
    for (const namespace of namespaces) {
      for (const info of await repository.listSnapshots(namespace)) {
        const entry = expected.snapshots.find((each) =>
          each.namespace === namespace && each["backup-type"] === info.type &&
          each["backup-id"] === info.id && each["backup-time"] === info.time
        )!;
        count++;
        const wanted = entry.files.map(({ filename, size, "crypt-mode": cryptMode }) => ({
          filename,
          cryptMode,
          size,
        }));
        const manifest = {
          filename: "index.json.blob",
          cryptMode: entry.signed ? "sign-only" as const : "none" as const,
          size: entry.manifest["blob-size"],
        };
        const others = (entry["not-in-manifest"] ?? []).map(({ filename }) => ({ filename }));
        assertEquals(info.files, [...wanted, manifest, ...others]);
        assertEquals(info.protected, entry.protected);
        assertEquals(info.comment, entry.notes?.split("\n")[0]);
        assertEquals(info.fingerprint !== undefined, entry.key !== null);
        assertEquals(info.owner !== undefined, true);
        assertEquals(await repository.listFiles(namespace, info), [...info.files]);
        assertEquals(await repository.readNotes(namespace, info), entry.notes ?? "");
      }
    }
    assertEquals(count, expected.totals.snapshots);
    const museum = (await repository.listGroups("")).find((group) => group.id === "museum")!;
    assertEquals(museum.backupCount, 2);
    assertEquals(museum.files.includes("tree.pxar.didx"), true);
  }));

Deno.test("a real server's datastore verifies, and its manifests tell so afterwards", () =>
  withCopy(async (repository) => {
    const log: string[] = [];
    using checker = createNativeChunkChecker();
    const upid = "UPID:test:00000001:00000001:00000001:65535554:verify:x:root@pam:";
    const options = { upid, checker, log: (line: string) => void log.push(line) };
    const report = await verify(repository.datastore, {
      namespace: "",
      ignoreVerified: false,
    }, options);
    const states = report.snapshots.map(({ state, problems }) => `${state} ${problems}`);
    assertEquals(states, Array(expected.totals.snapshots).fill("ok "));
    const [first] = await repository.listSnapshots("");
    assertEquals(first!.verification, { upid, state: "ok" });
    const again = await verify(repository.datastore, { namespace: "" }, options);
    assertEquals(again.snapshots.every(({ state }) => state === "skipped"), true);
  }));

Deno.test("garbage collection of a real server's datastore marks all indexes and keeps all", () =>
  withCopy(async (repository) => {
    const log: string[] = [];
    await repository.garbageCollect((line) => log.push(line));
    const status = JSON.parse(
      await Deno.readTextFile(`${repository.datastore.path}/.gc-status`),
    );
    const { totals } = expected;
    assertEquals(status["index-file-count"], totals["index-files"]);
    assertEquals(status["index-data-bytes"], totals["virtual-bytes"]);
    // The store holds the chunk of the access time test already, as a server made it.
    assertEquals(status["disk-chunks"], totals.chunks);
    assertEquals(status["disk-bytes"], totals["chunk-file-bytes"]);
    assertEquals([status["removed-chunks"], status["still-bad"]], [0, 0]);
    assertEquals(log.filter((line) => line.startsWith("WARN")), []);
  }));

Deno.test("pruning and forgetting in a copy of a real server's datastore works", () =>
  withCopy(async (repository) => {
    const decisions = await repository.prune({
      namespace: "",
      group: { type: "host", id: "split" },
      keep: { last: 2 },
    });
    assertEquals(decisions.map((decision) => decision.keep), [false, false, true, true]);
    const left = await repository.listSnapshots("", { type: "host", id: "split" });
    assertEquals(left.map(formatSnapshotPath), [
      "host/split/2023-11-15T00:13:20Z",
      "host/split/2023-11-15T01:13:20Z",
    ]);
    await repository.forgetGroup("", { type: "vm", id: "100" });
    const ids = (await repository.listGroups("")).map((group) => group.id);
    assertEquals(ids, ["encp", "museum", "sign", "split"]);
    const counts = await repository.deleteNamespace("a", true);
    assertEquals(counts, { removedGroups: 1, removedSnapshots: 3, protectedSnapshots: 0 });
    assertEquals(await repository.listNamespaces(""), [{ namespace: "" }]);
  }));
