import { assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runPeer } from "../../tests/support/run_peer.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { given } from "./arm64_client.ts";

const PACK = fromFileUrl(new URL("../pack", import.meta.url));
/** Start of a program for arm64, and which of its bits count. */
const PROGRAM =
  "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00";
const MASK =
  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff";

/**
 * A script in a user name space in which the kernel runs programs for arm64 by the emulator (Linux 6.7 or
 * later), for whatever starts them; `root` is the folder that becomes the root.
 */
const SCRIPT = `set -eu
  root=$1
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf %s ":arm64:M::$3:$4:$2:F" >/proc/sys/fs/binfmt_misc/register
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  inside() { env -i PBS_CLIENT_CACHE_DIR=/work/cache "$(command -v chroot)" "$root" "$@"; }
  inside /pbs-client version
  inside /pbs-client backup source.pxar:/work/source --repository /work/store --backup-id a --init
  inside /pbs-client restore host/a/latest source.pxar /work/restored --repository /work/store
  diff -r --no-dereference "$root/work/source" "$root/work/restored"
`;

Deno.test("the packed executable for arm64 backs up and restores in a root with nothing else", async () => {
  await using dir = await TempDir.make();
  const root = dir.path;
  for (const name of ["proc", "dev", "work/source"]) {
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
  }
  await Deno.writeFile(`${root}/work/source/bytes`, new Uint8Array(9 << 20).fill(5));
  await Deno.symlink("bytes", `${root}/work/source/link`);
  // Tests need no small file.
  await runPeer(PACK, ["--arch", "aarch64", "--level", "3", "--output", `${root}/pbs-client`]);
  const output = await runPeer("unshare", [
    ...["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"],
    ...[root, given("ARM64_QEMU"), PROGRAM, MASK],
  ]);
  assertStringIncludes(output, "client version: ");
});
