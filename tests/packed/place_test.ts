import { assertEquals, assertMatch } from "@std/assert";
import { SmallPack } from "../support/small_pack.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Tests which place an executable takes, by the lines that a script prints. */
function testPlace(name: string, script: string, lines: readonly (string | RegExp)[]): void {
  testWithPeers(name, ["unshare", "mount", "setpriv"], async () => {
    await using pack = await SmallPack.make();
    const output = await pack.run(`chmod 711 /run; ${script}`);
    const printed = output.trimEnd().replaceAll(/1\.0\.0-[0-9a-f]{16}/g, "PACK").split("\n");
    assertEquals(printed.length, lines.length, output);
    for (const [index, line] of lines.entries()) {
      if (line instanceof RegExp) assertMatch(printed[index]!, line);
      else assertEquals(printed[index], line);
    }
  });
}

testPlace(
  "a folder of another user is refused, and one in which others may write",
  `mkdir cache; chown 65534 cache; launch $v1 || echo "code $?"
   chown 0 cache; chmod 777 cache; launch $v1 || echo "code $?"
   chmod 770 cache; launch $v1 || echo "code $?"
   [ -z "$(ls -A cache)" ]`,
  [
    /^pbs-client: "\/run\/work\/cache" belongs to user 65534, not to user 0: /,
    "code 255",
    /^pbs-client: others than its owner may write to "\/run\/work\/cache": /,
    "code 255",
    /^pbs-client: others than its owner may write to "\/run\/work\/cache": /,
    "code 255",
  ],
);

testPlace(
  "a folder is refused if another one could be put in its place",
  `mkdir -m 777 open; cache=$PWD/open/cache; launch $v1 || echo "code $?"
   chmod 1777 open; launch $v1
   mkdir theirs; chown 1234 theirs; cache=$PWD/theirs/cache; launch $v1 || echo "code $?"`,
  [
    /^pbs-client: others than its owner may write to "\/run\/work\/open": /,
    "code 255",
    "started /run/work/open/cache/PACK/pbs-client",
    /^pbs-client: "\/run\/work\/theirs" belongs to user 1234, who could replace /,
    "code 255",
  ],
);

testPlace(
  "an unpacked pack in which others may write, or of another user, is made anew",
  `launch $v1 >/dev/null; chmod 777 cache/*; launch $v1
   chown 65534 cache/*/pbs-client; launch $v1
   chmod 777 cache/*/program; launch $v1
   [ "$(stat -c '%u %a' cache/* cache/*/program cache/*/pbs-client)" = "$(printf '0 700\\n0 700\\n0 500')" ]`,
  [
    /may write to .*unpacked anew$/,
    /^started/,
    /changed; it/,
    /^started/,
    /changed; it/,
    /^started/,
  ],
);

testPlace(
  "a link in the place of a pack is not followed, nor another user's link to a place",
  `launch $v1 >/dev/null; name=$(ls cache); mv cache/$name elsewhere; ln -s ../elsewhere cache/$name
   launch $v1; [ ! -L cache/$name ]
   mkdir own; chmod 1777 /run/work; ln -s own link; chown -h 65534 link; cache=$PWD/link; launch $v1 || echo "code $?"
   chown -h 0 link; launch $v1`,
  [
    /unpacked anew$/,
    "started /run/work/cache/PACK/pbs-client",
    'pbs-client: "/run/work/link" is a link of user 65534',
    "code 255",
    "started /run/work/own/PACK/pbs-client",
  ],
);

testPlace(
  "where nothing may be started, another place is taken, unless the user has named it",
  `mkdir cache; mount -t tmpfs -o noexec,mode=700 tmpfs cache
   launch $v1 || echo "code $?"
   XDG_CACHE_HOME=$cache $v1
   [ -z "$(find cache -type f)" ]`,
  [
    'pbs-client: nothing may be started from "/run/work/cache" (noexec)',
    "code 255",
    "started /var/cache/pbs-client/packed/PACK/pbs-client",
  ],
);

testPlace(
  "the user's cache comes first, then memory, then what is shared",
  `mkdir -m 755 home
   XDG_CACHE_HOME=$PWD/home/x HOME=$PWD/home $v1; rm -r home/x
   HOME=$PWD/home $v1; HOME=/nonexistent $v1; HOME=$PWD/home $v1
   rm -r home/.cache; HOME=$PWD/home $v1; rm -r /var/cache/pbs-client
   umount /var/cache; mount -t tmpfs -o ro tmpfs /var/cache; $v1
   mkdir -m 700 user; chown 65534:65534 user; HOME=$PWD/user unprivileged $v1
   HOME=/nonexistent unprivileged $v1
   umount /dev/shm; mount -t tmpfs -o noexec,mode=1777 tmpfs /dev/shm; unprivileged $v1`,
  [
    "started /run/work/home/x/pbs-client/packed/PACK/pbs-client",
    "started /run/work/home/.cache/pbs-client/packed/PACK/pbs-client",
    "started /var/cache/pbs-client/packed/PACK/pbs-client",
    "started /run/work/home/.cache/pbs-client/packed/PACK/pbs-client",
    "started /var/cache/pbs-client/packed/PACK/pbs-client",
    "started /run/pbs-client/packed/PACK/pbs-client",
    "started /run/work/user/.cache/pbs-client/packed/PACK/pbs-client",
    "started /dev/shm/pbs-client-65534/PACK/pbs-client",
    "started /tmp/pbs-client-65534/PACK/pbs-client",
  ],
);

testPlace(
  "where somebody else has put other things, or nothing can be written, memory is taken",
  `mkdir -m 777 /dev/shm/pbs-client-65534; ln -s /run/work /tmp/pbs-client-65534
   PAUSE=$PWD/pid; chmod 1777 .; export PAUSE
   unprivileged $v1 2>/dev/null & while [ ! -s pid ]; do sleep 0.01; done
   ls -l /proc/$(cat pid)/fd | grep -o 'memfd:[^ ]*' | sort; kill $(cat pid)`,
  ["started /proc/self/fd/200", "memfd:pbs-client"],
);
