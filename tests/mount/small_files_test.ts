import { assert, assertEquals } from "@std/assert";
import { FuseSession, type NodeId } from "../../lib/fuse/mod.ts";
import { ArchiveFileSystem, OpenedArchive } from "../../lib/mount/mod.ts";
import { backUp } from "../support/back_up.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = ["fusermount3", "tar", "diff"];
const SNAPSHOT = { type: "host", id: "a", time: 1_700_000_000 } as const;
const [FOLDERS, FILES] = [6, 150];

/**
 * Counts what the kernel asks for, file by file. Nobody gets an answer before what is read ahead is there:
 * so the count is always the same, however late that comes on a busy machine.
 */
class CountingFiles extends ArchiveFileSystem {
  reads = 0;

  override async read(node: NodeId, offset: number, length: number): Promise<Uint8Array> {
    this.reads++;
    const bytes = await super.read(node, offset, length);
    await this.settled();
    return bytes;
  }
}

/** Small files in folders, among them empty ones, large ones, links and two names of one file. */
async function makeSource(path: string): Promise<void> {
  const script = `
import os, random
random.seed(5)
for folder in range(${FOLDERS}):
    at = f"{folder}/below" if folder % 2 else f"{folder}"
    os.makedirs(at)
    for number in range(${FILES}):
        size = 0 if number % 20 == 3 else 100_000 if number % 50 == 7 else random.randint(1, 9000)
        with open(f"{at}/{number:03}", "wb") as file: file.write(random.randbytes(size))
    os.link(f"{at}/000", f"{at}/000-again")
    os.symlink("000", f"{at}/link")
`;
  await Deno.mkdir(path);
  await runPeer("python3", ["-c", script], { cwd: path });
}

for (const mode of ["legacy", "data"] as const) {
  testWithPeers(
    `small files of a ${mode} archive are there before a reader who goes on comes to them`,
    [...PEERS, "python3"],
    () =>
      withLocalRepository(async (repository) => {
        await using dir = await TempDir.make();
        const [source, mountPoint] = [`${dir.path}/source`, `${dir.path}/mounted`];
        await makeSource(source);
        await Deno.mkdir(mountPoint);
        await backUp(repository, SNAPSHOT, [`a.pxar:${source}`], { changeDetectionMode: mode });
        await using opened = await OpenedArchive.open({
          open: () => repository.openSnapshot("", SNAPSHOT),
          crypt: undefined,
          name: "a.pxar",
          observer: { log: () => {} },
        });
        const fileSystem = new CountingFiles(opened.reader.tree);
        {
          await using _session = await FuseSession.mount({ fileSystem, mountPoint });
          await runPeer("find", [mountPoint, "-ls"]);
          assertEquals(fileSystem.reads, 0);
          await runPeer("sh", ["-c", `tar -C '${mountPoint}' --sort=name -cf - . | wc -c`]);
          const { reads } = fileSystem;
          // Only a kernel that drops pages at once asks for more than a few for each folder.
          assert(reads > 0 && reads < FOLDERS * FILES / 4, `${reads} requests`);
          await runPeer("diff", ["-r", "--no-dereference", source, mountPoint]);
        }
        await fileSystem.idle();
      }),
  );
}
