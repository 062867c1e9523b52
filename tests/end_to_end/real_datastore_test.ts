// deno-lint-ignore-file no-console -- the number of cases is reported
import { fromFileUrl } from "@std/path";
import { createHash } from "node:crypto";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import {
  expectedDatastore,
  type ExpectedFile,
  type ExpectedSnapshot,
  realDatastore,
  realVectorText,
} from "../support/real_datastore.ts";
import { clientCommand, type ClientRun, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const FAILURE = 255;
const listing = fromFileUrl(new URL("../support/listing.py", import.meta.url));
const expected = expectedDatastore();
/** Which state of the source tree a snapshot of the root namespace holds. */
const TREE_STATES: Readonly<Record<string, number>> = {
  "host/museum/2023-11-14T22:13:20Z": 0,
  "host/museum/2023-11-15T00:13:20Z": 2,
  "host/split/2023-11-14T22:13:20Z": 0,
  "host/split/2023-11-14T23:13:20Z": 0,
  "host/split/2023-11-15T00:13:20Z": 1,
  "host/split/2023-11-15T01:13:20Z": 2,
};

/** A copy of the real server's datastore, with the few chunk folders that it was packed with. */
async function copyStore(dir: TempDir): Promise<string> {
  const path = `${dir.path}/store`;
  await runPeer("cp", ["-a", await realDatastore(), path]);
  return path;
}

const pathOf = (snapshot: ExpectedSnapshot) =>
  formatSnapshotPath({
    type: snapshot["backup-type"],
    id: snapshot["backup-id"],
    time: snapshot["backup-time"],
  });

/** Arguments that name a snapshot's namespace, and the datastore. */
const where = (store: string, { namespace }: ExpectedSnapshot) => [
  "--repository",
  store,
  ...(namespace === "" ? [] : ["--ns", namespace]),
];

/** What the program writes to the standard output, as length and SHA-256. */
async function hashOutput(args: readonly string[]): Promise<{ size: number; sha256: string }> {
  const [command, ...rest] = clientCommand(args);
  const child = new Deno.Command(command!, { args: rest, stdout: "piped", stderr: "piped" })
    .spawn();
  const errors = new Response(child.stderr).text();
  const hash = createHash("sha256");
  let size = 0;
  for await (const bytes of child.stdout) {
    hash.update(bytes);
    size += bytes.byteLength;
  }
  assertEquals((await child.status).code, 0, await errors);
  return { size, sha256: hash.digest("hex") };
}

function assertKeyError(run: ClientRun): void {
  assertEquals(run.code, FAILURE, run.stderr);
  assertMatch(run.stderr, /^Error: .*key/m);
  assert(!/^\s+at .*:\d+:\d+/m.test(run.stderr), run.stderr);
}

Deno.test("a real server's datastore is verified, and counts the same", async () => {
  await using dir = await TempDir.make();
  const store = await copyStore(dir);
  const run = await runClientOk(["datastore", "verify", store]);
  for (const snapshot of expected.snapshots) {
    assert((run.stdout + run.stderr).includes(pathOf(snapshot)), pathOf(snapshot));
  }
  // Missing chunk folders are nothing to complain of, and are not made by looking.
  const folders = [...Deno.readDirSync(`${store}/.chunks`)].length;
  assert(folders <= expected.totals.chunks, `${folders} chunk folders`);
  for (const snapshot of expected.snapshots) {
    const list = await runClientOk([
      "snapshot",
      "list",
      formatSnapshotPath({ type: snapshot["backup-type"], id: snapshot["backup-id"], time: 1 })
        .split("/").slice(0, 2).join("/"),
      ...where(store, snapshot),
      "--output-format",
      "json",
    ]);
    const found = JSON.parse(list.stdout).find((each: Record<string, unknown>) =>
      each["backup-time"] === snapshot["backup-time"]
    );
    assertEquals(found.verification?.state, "ok", pathOf(snapshot));
  }
});

Deno.test("a real server's datastore is listed by path", async () => {
  const store = await realDatastore();
  let snapshots = 0;
  for (const namespace of ["", "a/b"]) {
    const wanted = expected.snapshots.filter((snapshot) => snapshot.namespace === namespace);
    const at = where(store, wanted[0]!);
    const groups = JSON.parse(
      (await runClientOk(["list", ...at, "--output-format", "json"])).stdout,
    ) as Record<string, unknown>[];
    assertEquals(
      new Set(groups.map((group) => `${group["backup-type"]}/${group["backup-id"]}`)),
      new Set(wanted.map((each) => `${each["backup-type"]}/${each["backup-id"]}`)),
    );
    const listed = JSON.parse(
      (await runClientOk(["snapshot", "list", ...at, "--output-format", "json"])).stdout,
    ) as Record<string, unknown>[];
    assertEquals(listed.length, wanted.length);
    for (const snapshot of wanted) {
      snapshots++;
      assert(listed.some((each) =>
        each["backup-type"] === snapshot["backup-type"] &&
        each["backup-id"] === snapshot["backup-id"] &&
        each["backup-time"] === snapshot["backup-time"] &&
        each["protected"] === snapshot.protected
      ));
      const files = JSON.parse(
        (await runClientOk([
          "snapshot",
          "files",
          pathOf(snapshot),
          ...at,
          "--output-format",
          "json",
        ])).stdout,
      ) as { filename: string; size?: number; "crypt-mode"?: string }[];
      for (const file of snapshot.files) {
        const found = files.find(({ filename }) => filename === file.filename);
        assertEquals(found?.size, file.size, file.filename);
        assertEquals(found?.["crypt-mode"], file["crypt-mode"], file.filename);
      }
    }
  }
  assertEquals(snapshots, expected.totals.snapshots);
});

testWithPeers("every unencrypted tree of a real server comes back as listed", [
  "python3",
], async (context) => {
  const store = await realDatastore();
  let entries = 0;
  for (const snapshot of expected.snapshots.filter(({ key }) => key === null)) {
    const path = pathOf(snapshot);
    const state = TREE_STATES[path];
    assertEquals(state === undefined, path.startsWith("vm/"), path);
    if (state === undefined) continue;
    await context.step(path, async () => {
      await using dir = await TempDir.make("/var/tmp");
      const target = `${dir.path}/restored`;
      await runClientOk(["restore", path, "tree.pxar", target, ...where(store, snapshot)]);
      const lines = (await runPeer("python3", [listing, target])).trim().split("\n");
      assertEquals(lines.map(comparable), wantedLines(state));
      entries += lines.length;
    });
  }
  console.log(`entries restored: ${entries}`);
});

type Line = Record<string, unknown> & { path: string; fsflags?: number };

/** Without the flag that the file system sets itself (spec: pxar.md §8.1, indexed directory). */
function comparable(text: string): Line {
  const line = JSON.parse(text) as Line;
  return line.fsflags === undefined ? line : { ...line, fsflags: line.fsflags & ~4096 };
}

/** Lines of the source, less what its exclude file names and the flag that is not restored. */
function wantedLines(state: number): Line[] {
  const excluded = /^exclude\/(a\.tmp|top-only|sub\/x\/cache(\/f)?)$/;
  return realVectorText(`listings/source-${state}.jsonl`).trim().split("\n").map(comparable)
    .filter(({ path }) => !excluded.test(path))
    .map((line) => line.path === "flags/nodump" ? { ...line, fsflags: line.fsflags! & ~64 } : line);
}

Deno.test("every unencrypted image, blob, catalog and raw archive of a real server comes out right", async () => {
  const store = await realDatastore();
  let count = 0;
  for (const snapshot of expected.snapshots.filter(({ key }) => key === null)) {
    const at = where(store, snapshot);
    for (const file of snapshot.files) {
      const restore = ["restore", pathOf(snapshot), file.filename, "-", ...at];
      if (/\.[mp]pxar\./.test(file.filename)) {
        const run = await runClient(restore);
        assertEquals(run.code, FAILURE, run.stderr);
        assertMatch(run.stderr, /split archive/);
        continue;
      }
      const { size, sha256 } = await hashOutput(restore);
      assertEquals(size, plainSize(file), file.filename);
      assertEquals(sha256, file["plain-sha256"], `${pathOf(snapshot)}/${file.filename}`);
      count++;
    }
  }
  assertEquals(count, 9);
  console.log(`streams and blobs: ${count}`);
});

const plainSize = (file: ExpectedFile) => file["plain-size"] ?? file.size;

Deno.test("images of a real server are restored to files as listed, with holes", async () => {
  const store = await realDatastore();
  const hashes = new Map(
    realVectorText("listings/images.sha256").trim().split("\n")
      .map((line) => line.split(/\s+/) as [string, string])
      .map(([hash, name]) => [name, hash]),
  );
  await using dir = await TempDir.make("/var/tmp");
  for (
    const [snapshot, archive, name] of [
      ["host/museum/2023-11-14T22:13:20Z", "disk.img", "disk.raw"],
      ["vm/100", "drive-scsi0.img", "tree/big/zeros.img"],
    ] as const
  ) {
    const target = `${dir.path}/${archive}`;
    await runClientOk(["restore", snapshot, archive, target, "--repository", store]);
    const sum = await runPeer("sha256sum", [target]);
    assertEquals(sum.slice(0, 64), hashes.get(name));
    const { size, blocks } = Deno.statSync(target);
    if (archive === "drive-scsi0.img") assert(blocks! * 512 < size / 100, `${blocks} blocks`);
  }
});

Deno.test("blobs and the manifest of a real server are restored to files", async () => {
  const store = await realDatastore();
  await using dir = await TempDir.make();
  const snapshot = expected.snapshots.find((each) => pathOf(each) in TREE_STATES)!;
  for (const file of snapshot.files.filter(({ filename }) => filename.endsWith(".blob"))) {
    const target = `${dir.path}/${file.filename}`;
    await runClientOk([
      "restore",
      pathOf(snapshot),
      file.filename.replace(/\.blob$/, ""),
      target,
      "--repository",
      store,
    ]);
    assertEquals((await runPeer("sha256sum", [target])).slice(0, 64), file["plain-sha256"]);
  }
  const target = `${dir.path}/manifest`;
  await runClientOk([
    "restore",
    pathOf(snapshot),
    "index.json",
    target,
    "--repository",
    store,
  ]);
  assertEquals(
    (await runPeer("sha256sum", [target])).slice(0, 64),
    snapshot.manifest["text-sha256"],
  );
});

Deno.test("without its key, nothing of an encrypted or signed snapshot is restored", async () => {
  const store = await realDatastore();
  await using dir = await TempDir.make();
  let count = 0;
  for (const snapshot of expected.snapshots.filter(({ key }) => key !== null)) {
    for (const { filename } of snapshot.files) {
      const run = await runClient([
        "restore",
        pathOf(snapshot),
        filename,
        `${dir.path}/out`,
        ...where(store, snapshot),
      ], { env: { XDG_CONFIG_HOME: `${dir.path}/config` } });
      if (filename === "rsa-encrypted.key.blob") {
        // The key itself is what one may have without the key (spec: datastore-formats.md §4.6).
        assertEquals(run.code, 0, run.stderr);
        assertEquals((await Deno.stat(`${dir.path}/out`)).size, 512);
        await Deno.remove(`${dir.path}/out`);
      } else assertKeyError(run);
      count++;
    }
  }
  assertEquals([...Deno.readDirSync(dir.path)].filter(({ name }) => name === "out"), []);
  console.log(`refused: ${count}`);
});
