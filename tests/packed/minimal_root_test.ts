import { assertStringIncludes } from "@std/assert";
import { MinimalRoot } from "../support/minimal_root.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = ["unshare", "mount", "chroot", "diff"];

testWithPeers(
  "in a root with nothing else, a backup is made, restored and mounted",
  PEERS,
  async () => {
    await using root = await MinimalRoot.make();
    const output = await root.run(`
    mkdir -p "$root/work/source/folder" "$root/work/mounted"
    seq 100000 > "$root/work/source/folder/numbers"
    ln -s folder/numbers "$root/work/source/link"
    inside /pbs-client version
    export PBS_CLIENT_CACHE_DIR=/work/cache
    inside /pbs-client backup source.pxar:/work/source --repository /work/store --backup-id a --init
    inside /pbs-client restore host/a/latest source.pxar /work/restored --repository /work/store
    diff -r --no-dereference "$root/work/source" "$root/work/restored"
    inside /pbs-client mount host/a/latest source.pxar /work/mounted --repository /work/store
    diff -r --no-dereference "$root/work/source" "$root/work/mounted"
    umount "$root/work/mounted"
  `);
    assertStringIncludes(output, "client version: ");
  },
);
