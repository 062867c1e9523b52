import { assertEquals } from "@std/assert";
import { Datastore } from "../../lib/datastore/mod.ts";
import { backupLogLines } from "../support/backup_log_lines.ts";
import { runsOf } from "../support/cli_run_census.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { MountNamespace } from "../support/mount_namespace.ts";
import { runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { withoutHint } from "../support/without_hint.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** A file system with others mounted in it; times are those of the records. */
const MAKE_MOUNTS = `
mkdir -p mnt/lost+found mnt/pr mnt/tm; printf 1 > mnt/x
mount -t tmpfs tmpfs mnt/tm; mount -t proc proc mnt/pr; touch mnt/tm/inside
touch -d 2026-11-21T12:56:29Z mnt/x; touch -d 2026-11-21T12:56:30Z mnt/tm/inside
`;
/** What its owner alone may read, and names that are hard to print. */
const MAKE_UNREADABLE = `
mkdir -p unr/closed unr/dirnox; printf 'nothing-has-such-a-name*\\n' > unr/.pxarexclude
touch $'unr/bad\\xff\\x01' unr/dirnox/y; echo 123456789 > unr/ok; echo secret > unr/secret
for name in "it's" $'tab\\t\\u00fc' $'z"q\\n\\\\'; do printf abc > "unr/$name"; done
find unr -exec touch -d 2026-11-21T12:50:29Z {} +; touch -d 2026-11-21T12:57:51Z unr/.pxarexclude
chmod 000 unr/closed unr/secret; chmod 744 unr/dirnox; chown -R 1000:1000 unr
`;
/** The superuser without what makes permissions count for nothing. */
const LIKE_ANYBODY = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search",
  "--inh-caps=-dac_override,-dac_read_search",
];

/**
 * What the official client also says of a folder whose entries may be listed and not opened: ours does
 * not look for a file that is not in the list.
 */
const LOOKED_FOR = 'failed to open file: ".pxarexclude": access denied';
/** Ours names the directory. */
const CLOSED_ROOT = /^Error: (EACCES|cannot open directory ".*"): Permission denied$/;

/** What a run said, as lines that do not differ from run to run. */
function said({ argv }: RecordedRun, stderr: string): string[] {
  const lines = backupLogLines(withoutHint(stderr)).filter((line) => line !== LOOKED_FOR)
    .map((line) => line.replace(CLOSED_ROOT, "Error: Permission denied"));
  // The halves of a split archive end in either order.
  return argv.includes("--change-detection-mode") ? lines.toSorted() : lines;
}

testWithPeers(
  "recorded walks over mount points and what cannot be read end alike",
  ["bash", "unshare", "nsenter", "mount", "setpriv"],
  async (test) => {
    await using dir = await TempDir.make("/dev/shm");
    const { path } = dir;
    await using space = await MountNamespace.create();
    for (const name of ["out", "cache"]) await Deno.mkdir(`${path}/${name}`);
    await space.run("bash", "-ec", `cd ${path}; umask 022; ${MAKE_MOUNTS} ${MAKE_UNREADABLE}`);
    const placed = (word: string) =>
      word.replaceAll("<WORK>", path).replaceAll("<OUT>", `${path}/out`);
    const env = {
      PBS_REPOSITORY: `${path}/store`,
      LANG: "C.UTF-8",
      XDG_CACHE_HOME: `${path}/cache`,
    };
    Datastore.create(`${path}/store`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    // Else it is a system user's, as on a server.
    await runPeer("chown", ["-R", "0:0", `${path}/store`]);
    for (const run of runsOf("walks")) {
      await test.step(run.name, async () => {
        const isRestricted = run.notes.includes("unprivileged");
        const { code, stdout, stderr } = await runClient(run.argv.map(placed), {
          env,
          under: [...space.under, ...isRestricted ? LIKE_ANYBODY : []],
        });
        const text = stderr.replaceAll(`${path}/out`, "<OUT>").replaceAll(path, "<WORK>");
        assertEquals(said(run, text), said(run, run.stderr!));
        assertEquals([code, stdout], [run.exit_code, run.stdout]);
      });
    }
  },
);
