import { assert, assertEquals } from "@std/assert";
import type { BackupCrypt } from "../../lib/backup/mod.ts";
import { createCryptConfig, generateKey } from "../../lib/crypto/mod.ts";
import type { BackupSnapshot, Repository } from "../../lib/repository/mod.ts";
import { ARCHIVE_READERS, listFolder, type StoredArchive } from "../support/archive_readers.ts";
import { backUp } from "../support/back_up.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = ["python3", "bash", "cp", "setfacl", "setfattr", "setcap", "mknod", "chattr"];

/** Makes a tree with every kind of entry. */
const FIRST = `
mkdir -p many deep/a/b/c empty 'odd é'; for i in $(seq 120); do head -c $((i * 97 % 9000)) /dev/urandom > many/f$i; done
head -c 3000000 /dev/urandom > large; head -c 700000 /dev/zero > zeros; : > nothing
truncate -s 2000000 sparse; printf end >> sparse
ln large many/hard; ln many/f7 hard7; ln -s many/f8 soft; ln -s /nowhere deep/a/b/c/dangling
mkfifo pipe; mknod null c 1 3; mknod disk b 7 200
head -c 5000 /dev/urandom > tool; setcap cap_net_raw+ep tool; chmod 4755 many/f9; chmod 000 many/f10
chown 1234:5678 many/f11 empty; setfattr -n user.note -v one many/f12; setfattr -n user.note -v dir deep
setfacl -m u:1000:rwx,g:7:r many/f13; setfacl -d -m u:1000:rx deep; printf x > $'odd é/new\\nline'
printf y > $'odd é/\\xff\\xfe'; chattr +A many/f14`;

/** Every kind of change. */
const EDITS = `
rm many/f20 soft; mv many/f30 moved; echo grown >> many/f40; truncate -s 10 many/f41; printf z > many/f42
rm -r empty; echo file > empty; rm nothing; mkdir nothing; echo in > nothing/in
chmod 640 many/f50; chown 9:9 many/f51; setfattr -n user.note -v two many/f12; setfacl -b many/f13
rm hard7; ln many/f60 hard60; mv deep shallow; printf changed | dd of=large bs=1 seek=1500000 conv=notrunc status=none`;

/** Nothing looks as if it was just changed, and what was changed twice has another time. */
const older = (seconds: number) => `
find . -newermt 2020-01-01 -not -type l -exec touch -d @${seconds}.123456512 {} +
find . -newermt 2020-01-01 -type l -exec touch -h -d @${seconds}.5 {} +`;

const RUN: readonly [string, (body: (repository: Repository) => Promise<void>) => Promise<void>][] =
  [
    ["local", (body) => withLocalRepository(body)],
    ["served", (body) => withRemoteRepository((repository) => body(repository))],
  ];

testWithPeers(
  "every reader finds what every mode has stored, plain and encrypted, local and served",
  PEERS,
  async (context) => {
    await using dir = await TempDir.make();
    const states = [`${dir.path}/first`, `${dir.path}/second`] as const;
    await Deno.mkdir(states[0]);
    await runPeer("bash", ["-e", "-c", FIRST + older(1_500_000_000)], { cwd: states[0] });
    await runPeer("cp", ["-a", ...states]);
    await runPeer("bash", ["-e", "-c", EDITS + older(1_500_000_001)], { cwd: states[1] });
    const listings = [await listFolder(states[0]), await listFolder(states[1])];
    assert(
      listings.every((lines) => lines.length > 130) && listings[0]!.join() !== listings[1]!.join(),
    );
    const key: BackupCrypt = { config: await createCryptConfig(generateKey()), mode: "encrypt" };
    for (const [where, withRepository] of RUN) {
      await withRepository(async (repository) => {
        for (const crypt of [undefined, key]) {
          for (const mode of ["legacy", "data", "metadata"] as const) {
            const how = `${mode}, ${crypt === undefined ? "plain" : "encrypted"}, ${where}`;
            await context.step(how, async () => {
              for (const [i, source] of states.entries()) {
                const id = `${mode}-${crypt === undefined ? "plain" : "encrypted"}`;
                const snapshot: BackupSnapshot = { type: "host", id, time: 1_700_000_000 + i };
                const { report } = await backUp(repository, snapshot, [`tree.pxar:${source}`], {
                  changeDetectionMode: mode,
                  ...(crypt === undefined ? {} : { crypt }),
                });
                const injected = report.archives.reduce((sum, each) => sum + each.injectedBytes, 0);
                assertEquals(injected > 0, mode === "metadata" && i === 1, "taken over");
                const archive: StoredArchive = {
                  repository,
                  snapshot,
                  name: "tree.pxar",
                  isSplit: mode !== "legacy",
                  ...(crypt === undefined ? {} : { crypt: crypt.config }),
                };
                for (const reader of ARCHIVE_READERS) {
                  if (!reader.takes(archive)) continue;
                  const lines = await reader.read(archive, `${dir.path}/${id} ${reader.name}`);
                  const expected = reader.expect?.(listings[i]!) ?? listings[i]!;
                  assertEquals(lines.toSorted(), expected.toSorted(), `${reader.name}, ${i}`);
                }
              }
            });
          }
        }
      });
    }
  },
);
