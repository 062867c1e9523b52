import { assertMatch, assertStringIncludes } from "@std/assert";
import { MinimalRoot } from "../support/minimal_root.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = ["unshare", "mount", "chroot", "setpriv", "diff", "fusermount3"];

/** Makes a tree to be backed up. */
const SOURCE = `
  mkdir -p "$root/work/source/folder" "$root/work/mounted"
  seq 100000 > "$root/work/source/folder/numbers"
  ln -s folder/numbers "$root/work/source/link"
`;

/** What is done with it; the variable `start` is the beginning of each command. */
const BACK_UP = `
  $start backup source.pxar:/work/source --repository /work/store --backup-id a --init
  $start restore host/a/latest source.pxar /work/restored --repository /work/store
  diff -r --no-dereference "$root/work/source" "$root/work/restored"
`;
const MOUNT = `
  $start mount host/a/latest source.pxar /work/mounted --repository /work/store
  diff -r --no-dereference "$root/work/source" "$root/work/mounted"
  umount "$root/work/mounted"
`;

testWithPeers(
  "in a root with nothing else, a backup is made, restored and mounted",
  PEERS,
  async () => {
    await using root = await MinimalRoot.make();
    const output = await root.run(`${SOURCE}
    start="inside /pbs-client"
    $start version
    ${BACK_UP} ${MOUNT}
  `);
    assertStringIncludes(output, "client version: ");
  },
);

testWithPeers("there, a user without privileges does the same", PEERS, async () => {
  await using root = await MinimalRoot.make();
  const output = await root.run(`${SOURCE}
    chown -Rh 65534:65534 "$root/work/source" "$root/work/mounted"
    export PBS_CLIENT_CACHE_DIR=/work/cache root
    start="plainly_as_user"
    plainly_as_user() {
      env -i PBS_CLIENT_CACHE_DIR=/work/cache "$(command -v chroot)" --userspec=65534:65534 "$root" /pbs-client "$@"
    }
    $start version
    ${BACK_UP}
    # Without fusermount3 it takes a user name space to mount something.
    cat > "$root/work/mount.sh" <<'END'
      set -eu
      start="$(command -v chroot) $root /pbs-client"
      ${MOUNT}
END
    unprivileged unshare --user --map-root-user --mount sh "$root/work/mount.sh"
  `);
  assertStringIncludes(output, "client version: ");
});

testWithPeers(
  "there, where nothing can be written, everything is done in memory",
  PEERS,
  async () => {
    await using root = await MinimalRoot.make();
    const output = await root.run(`${SOURCE}
    mount -t tmpfs -o ro tmpfs "$root/dev/shm"
    start="plainly /pbs-client"
    $start version
    $start self-check
    ${BACK_UP} ${MOUNT}
    [ "$(ls "$root")" = "$(printf 'dev\\npbs-client\\nproc\\nwork')" ]
  `);
    assertStringIncludes(output, "client version: ");
  },
);

testWithPeers("without /proc there is one line", PEERS, async () => {
  await using root = await MinimalRoot.make();
  const output = await root.run(
    `umount "$root/proc"; inside /pbs-client version || echo "code $?"`,
  );
  assertMatch(
    output,
    /^pbs-client: there is no file system on \/proc.*mount -t proc.*\ncode 255\n$/,
  );
});
