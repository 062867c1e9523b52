import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { createHash } from "node:crypto";
import { runInProcess } from "../support/cli_in_process.ts";
import {
  expectedDatastore,
  type ExpectedSnapshot,
  realDatastore,
  realVectorPath,
  realVectorText,
} from "../support/real_datastore.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { withoutHint } from "../support/without_hint.ts";

const lister = fromFileUrl(new URL("../support/listing.py", import.meta.url));
const PASSPHRASE = "correct horse";
const snapshots = expectedDatastore().snapshots.filter(({ key }) => key !== null);

/** The folder of the source that a group holds, and the listing that it is in. */
const SOURCES: Readonly<Record<string, { listing: string; folder: string }>> = {
  encp: { listing: "source-0", folder: "modes/" },
  sign: { listing: "source-0", folder: "xattr/" },
  enc: { listing: "restored-r3", folder: "" },
};

interface ListedEntry {
  path: string;
  hardlink_group?: string;
}

/** What the recorded source or restore had below a folder. */
function recordedTree({ listing, folder }: { listing: string; folder: string }): ListedEntry[] {
  const entries: ListedEntry[] = realVectorText(`listings/${listing}.jsonl`).trimEnd().split("\n")
    .map((line) => JSON.parse(line));
  if (folder === "") return entries;
  return entries.filter(({ path }) => path === folder.slice(0, -1) || path.startsWith(folder))
    .map((entry) => ({ ...entry, path: entry.path.slice(folder.length) || "." }));
}

async function listTree(path: string): Promise<ListedEntry[]> {
  const { stdout } = await new Deno.Command("python3", { args: [lister, path] }).output();
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** A restore on the command line, in this process. */
async function restore(
  snapshot: ExpectedSnapshot,
  archive: string,
  target: string,
  options: readonly string[],
  env: Record<string, string> = {},
) {
  const time = new Date(snapshot["backup-time"] * 1000).toISOString().replace(".000", "");
  const path = `${snapshot["backup-type"]}/${snapshot["backup-id"]}/${time}`;
  const namespace = snapshot.namespace === "" ? [] : ["--ns", snapshot.namespace];
  return await runInProcess(
    ["restore", path, archive, target, ...namespace, ...options],
    { PBS_REPOSITORY: await realDatastore(), TZ: "UTC", ...env },
  );
}

testWithPeers(
  "every encrypted and signed snapshot of the official client restores with its key",
  ["python3"],
  async (test) => {
    let files = 0;
    for (const snapshot of snapshots) {
      await using dir = await TempDir.make();
      const key = ["--keyfile", realVectorPath(snapshot.key!)];
      const env = { PBS_ENCRYPTION_PASSWORD: PASSPHRASE };
      for (const file of snapshot.files) {
        const name = file.filename;
        // The halves of a split archive are restored together; a catalog has no target but a pipe.
        if (/\.ppxar|\.pcat1/.test(name)) continue;
        const target = `${dir.path}/${name}`;
        const run = await restore(snapshot, name, target, key, env);
        assertEquals(run.code, 0, run.stderr);
        assertMatch(run.stderr, /^Using encryption key from .*\nFingerprint: /);
        files++;
        if (/\.m?pxar\.didx$/.test(name)) {
          const recorded = recordedTree(SOURCES[snapshot["backup-id"]]!);
          assertEquals(await listTree(target), recorded, `${snapshot.directory}/${name}`);
        } else {
          const content = await Deno.readFile(target);
          assertEquals(createHash("sha256").update(content).digest("hex"), file["plain-sha256"]);
        }
      }
    }
    await test.step(`${snapshots.length} snapshots, ${files} archives`, () => {
      assertEquals([snapshots.length, files], [5, 9]);
    });
  },
);

Deno.test("every encrypted and signed snapshot fails with one line without its key or with another", async () => {
  for (const snapshot of snapshots) {
    await using dir = await TempDir.make();
    const other = snapshot.key === "keys/none.key" ? "keys/pbkdf2.key" : "keys/none.key";
    const wrong = ["--keyfile", realVectorPath(other)];
    for (const { filename } of [...snapshot.files, { filename: "index.json.blob" }]) {
      const target = `${dir.path}/${filename}`;
      const env = { PBS_ENCRYPTION_PASSWORD: PASSPHRASE };
      const withOther = await restore(snapshot, filename, target, wrong, env);
      assertEquals([withOther.code, withOther.stdout], [255, ""]);
      assertMatch(
        withoutHint(withOther.stderr),
        /^Error: wrong key - unable to verify signature since manifest's key [0-9a-f:]{23} does not match provided key [0-9a-f:]{23}\n$/,
      );
      const without = await restore(snapshot, filename, target, []);
      assertEquals(without.stdout, "");
      if (filename === "rsa-encrypted.key.blob") {
        assertEquals(without.code, 0);
        await Deno.remove(target);
        continue;
      }
      assertEquals(without.code, 255);
      assertMatch(
        withoutHint(without.stderr),
        /^Error: missing key - manifest was created with key [0-9a-f:]{23}\n$/,
      );
    }
    assertEquals([...Deno.readDirSync(dir.path)], []);
  }
});

Deno.test("a protected key fails with one line without its passphrase or with another", async () => {
  const snapshot = snapshots.find(({ key }) => key === "keys/scrypt.key")!;
  const key = ["--keyfile", realVectorPath(snapshot.key!)];
  for (
    const [passphrase, reason] of [
      ["correct horst", "Unable to decrypt key (wrong password?) - it does not open the key file"],
      ["abcd", "Passphrase is too short!"],
    ]
  ) {
    const env = { PBS_ENCRYPTION_PASSWORD: passphrase! };
    const run = await restore(snapshot, "tree.pxar", "/nonexistent/target", key, env);
    assertEquals(run.code, 255);
    const [source, error, ...others] = withoutHint(run.stderr).split("\n");
    assert(source!.startsWith("Using encryption key from "));
    assertEquals([error, others], [`Error: ${reason}`, [""]]);
  }
});
