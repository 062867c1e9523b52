import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { ARCHIVE_READERS, type StoredArchive } from "../support/archive_readers.ts";
import { backUp } from "../support/back_up.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const script = fromFileUrl(new URL("../support/change_tree.py", import.meta.url));
const ROUNDS = 3;
/** Rounds until something is seen to change. */
const ROUNDS_MAX = 30;

/** Files of a restored tree, with the number that their name ends with. */
function* numberedFiles(folder: string): Generator<{ path: string; number: number }> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* numberedFiles(path);
    else if (isFile) yield { path, number: Number(name.slice(name.lastIndexOf(".") + 1)) };
  }
}

testWithPeers(
  "a source that changes while it is backed up never makes an archive that cannot be read",
  ["python3"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const source = `${dir.path}/source`;
    const store = `${dir.path}/store`;
    await runPeer("python3", [script, source, "make"]);
    await using repository = new LocalRepository(
      Datastore.create(store, { chunkFoldersOnDemand: true, syncLevel: "none" }),
    );
    const changer = new Deno.Command("python3", {
      args: [script, source],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const archives: StoredArchive[] = [];
    let injected = 0;
    let warnings = 0;
    try {
      const reader = changer.stdout.getReader();
      await reader.read();
      for (let round = 0; round < (warnings > 0 ? ROUNDS : ROUNDS_MAX); round++) {
        for (const mode of ["legacy", "data", "metadata"] as const) {
          const time = 1_700_000_000 + archives.length;
          const snapshot: BackupSnapshot = {
            type: "host",
            id: mode === "legacy" ? "l" : "s",
            time,
          };
          const { report } = await backUp(repository, snapshot, [`tree.pxar:${source}`], {
            changeDetectionMode: mode,
          });
          injected += report.archives.reduce((sum, each) => sum + each.injectedChunkCount, 0);
          warnings += report.warnings;
          archives.push({ repository, snapshot, name: "tree.pxar", isSplit: mode !== "legacy" });
        }
      }
      await reader.cancel();
    } finally {
      changer.kill("SIGKILL");
      await changer.status;
    }
    assert(injected > 0, "nothing was taken over");
    assert(warnings > 0, "nothing was seen to change");
    await runClientOk(["datastore", "verify", store]);
    let files = 0;
    for (const archive of archives) {
      for (const reader of ARCHIVE_READERS) {
        if (!reader.takes(archive)) continue;
        const out = `${dir.path}/out ${reader.name}`;
        const lines = await reader.read(archive, out);
        assert(lines.length > 10);
        if (reader.name !== "restore") continue;
        for (const { path, number } of numberedFiles(out)) {
          files++;
          const bytes = Deno.readFileSync(path);
          assert(bytes.every((byte) => byte === number || byte === 0), path);
        }
      }
    }
    assert(files > 100 * archives.length, `${files} files in ${archives.length} snapshots`);
  },
);
