import { assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../../lib/datastore/mod.ts";
import type { Repository } from "../../../lib/repository/mod.ts";
import { backUp } from "../../support/back_up.ts";
import { restoreStored } from "../../support/restore_stored.ts";
import { runPeer } from "../../support/run_peer.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { listTree } from "../../support/list_tree.ts";

/** The group of all snapshots here. */
export const GROUP = { type: "host", id: "elsa" } as const;
/** Times of the snapshots that are there before a fault, seconds. */
export const OLDER_TIME = 1_700_000_000;
export const NEWER_TIME = 1_700_000_100;
/** Of the backup in which the fault falls, seconds. */
export const FAULT_TIME = 1_700_000_200;
/** Of the first backup that comes after a fault, seconds. */
const LATER_TIME = 1_700_000_300;

const ARCHIVES = ["tree.pxar", "disk.img", "settings.conf"] as const;
const SOURCES: Readonly<Record<typeof ARCHIVES[number], string>> = {
  "tree.pxar": "tree",
  "disk.img": "disk",
  "settings.conf": "settings",
};

const MAKE_SOURCE = `
import os, random, stat, struct, sys
root, seed = sys.argv[1], int(sys.argv[2])
common, fresh = random.Random(0), random.Random(seed)
tree = root + "/tree"
os.makedirs(tree + "/folder/inner", exist_ok=True)
def write(path, content):
    with open(path, "wb") as out: out.write(content)
write(root + "/disk", common.randbytes(150000) + fresh.randbytes(50000))
write(root + "/settings", b"seed = %d\\n" % seed)
write(tree + "/old", common.randbytes(100000))
write(tree + "/new", fresh.randbytes(100000))
write(tree + "/folder/small", b"small %d" % seed)
write(tree + "/folder/inner/empty", b"")
write(tree + "/.pxarexclude", b"/folder/left-out\\n")
write(tree + "/folder/left-out", b"not stored")
if not os.path.lexists(tree + "/link"):
    os.symlink("old", tree + "/link")
    os.link(tree + "/old", tree + "/folder/hard")
    os.mkfifo(tree + "/pipe")
with open(tree + "/sparse", "wb") as out:
    out.truncate(1 << 20); out.seek(300000); out.write(b"middle")
os.setxattr(tree + "/folder/small", "user.mood", b"calm")
os.setxattr(tree + "/folder", "system.posix_acl_access",
    struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in
        [(1, 7, 0xffffffff), (2, 5, 1234), (4, 5, 0xffffffff), (16, 7, 0xffffffff), (32, 0, 0xffffffff)]))
os.chown(tree + "/new", 1234, 1234)
os.chmod(tree + "/folder/inner", 0o1750)
for path in [tree + "/new", tree + "/folder", tree]: os.utime(path, ns=(1, 1600000000123456789))
`;

/** A datastore with a source that has changed since, to let one run fail on. */
export class FaultWorld {
  /** @param root Has `store` and `source`, and what the run writes. */
  private constructor(
    readonly root: string,
    readonly template: string,
    /** What each snapshot holds, by time, as `listTree` writes it. */
    readonly snapshots: Map<number, string>,
    /** What the source holds. */
    readonly content: string,
    /** Digests of the chunks that no snapshot of the template needs. */
    readonly garbage: readonly string[],
  ) {}

  /** What all copies are made of: two snapshots, and a chunk that no snapshot needs. */
  static async make(root: string): Promise<FaultWorld> {
    const template = `${root}/template`;
    await Deno.mkdir(template);
    const made = new FaultWorld(template, template, new Map(), "", []);
    const store = Datastore.create(made.store, {
      chunkFoldersOnDemand: true,
      syncLevel: "none",
    });
    await using repository = new LocalRepository(store);
    for (const [seed, time] of [OLDER_TIME - 100, OLDER_TIME, NEWER_TIME, FAULT_TIME].entries()) {
      await runPeer("python3", ["-c", MAKE_SOURCE, made.source, `${seed}`]);
      const kept = `${root}/source-${time}`;
      await runPeer("cp", ["-a", made.source, kept]);
      made.snapshots.set(time, await listSource(kept));
      if (time !== FAULT_TIME) await made.#backUp(repository, kept, time);
    }
    await repository.forgetSnapshot("", { ...GROUP, time: OLDER_TIME - 100 });
    made.snapshots.delete(OLDER_TIME - 100);
    const swept = await made.copy(`${root}/swept`);
    {
      await using repository = swept.open();
      await repository.garbageCollect(() => {});
    }
    const content = made.snapshots.get(FAULT_TIME)!;
    made.snapshots.delete(FAULT_TIME);
    const garbage = await made.#chunksMissingIn(swept);
    return new FaultWorld(root, template, made.snapshots, content, garbage);
  }

  /** A world of its own in a folder, for one fault or several. */
  async copy(root: string): Promise<FaultWorld> {
    await runPeer("cp", ["-aT", this.template, root]);
    // Reading the template has changed its access times.
    await runPeer("find", [
      ...[`${root}/store/.chunks`, "-type", "f", "-exec"],
      ...["touch", "-a", "-d", "2020-01-01", "{}", "+"],
    ]);
    return new FaultWorld(root, this.template, new Map(this.snapshots), this.content, this.garbage);
  }

  get store(): string {
    return `${this.root}/store`;
  }

  get source(): string {
    return `${this.root}/source`;
  }

  /** Archives of the source, as on the command line. */
  get specs(): string[] {
    return ARCHIVES.map((name) => `${name}:${this.source}/${SOURCES[name]}`);
  }

  /** Times of the finished snapshots, oldest first, seconds. */
  async times(): Promise<number[]> {
    await using repository = this.open();
    const snapshots = await repository.listSnapshots("", GROUP);
    return snapshots.filter(({ size }) => size !== undefined).map(({ time }) => time).sort();
  }

  /** Digests of the chunks that are there, sorted. */
  async chunks(): Promise<string[]> {
    const found = await runPeer("find", [
      ...[`${this.store}/.chunks`, "-name", "?".repeat(64), "-printf", "%f\\n"],
    ]);
    return found.trimEnd().split("\n").sort();
  }

  async #chunksMissingIn(other: FaultWorld): Promise<string[]> {
    const there = new Set(await other.chunks());
    return (await this.chunks()).filter((digest) => !there.has(digest));
  }

  /** Makes the group belong to a user of a server. */
  async giveTo(owner: string): Promise<void> {
    await using repository = this.open();
    await repository.changeOwner("", GROUP, owner);
  }

  /** The datastore, without the delays of a disk. */
  open(): LocalRepository {
    return new LocalRepository(
      Datastore.open(this.store, { syncLevel: "none", gcAccessTimeCheck: false }),
    );
  }

  /**
   * Fails unless the datastore is as good as if there had been no fault: what is listed can be
   * restored and is what was backed up then, a new backup can be made and restored, garbage
   * collection does it no harm, and verification finds nothing.
   *
   * @param left Entries of the source that the run said it left out.
   */
  async check(left: readonly string[] = []): Promise<void> {
    await using repository = this.open();
    for (const time of await this.times()) {
      await this.checkSnapshot(repository, time, time === FAULT_TIME ? left : []);
    }
    await this.backUp(repository, LATER_TIME);
    await repository.garbageCollect(() => {});
    await this.checkSnapshot(repository, LATER_TIME);
    await this.verify(repository);
  }

  /** Fails unless verification of everything finds nothing. */
  async verify(repository: Repository): Promise<void> {
    const lines: string[] = [];
    const request = { namespace: "", ignoreVerified: false };
    const { ok } = await repository.verify(request, (line) => lines.push(line));
    assertEquals(ok, true, lines.join("\n"));
  }

  /** Backs the source up as it is in the copies. */
  async backUp(repository: Repository, time: number): Promise<void> {
    this.snapshots.set(time, this.content);
    await this.#backUp(repository, this.source, time);
  }

  async #backUp(repository: Repository, source: string, time: number): Promise<void> {
    const specs = ARCHIVES.map((name) => `${name}:${source}/${SOURCES[name]}`);
    await backUp(repository, { ...GROUP, time }, specs);
  }

  /** Fails unless a snapshot can be restored and is what was backed up. */
  async checkSnapshot(
    repository: Repository,
    time: number,
    left: readonly string[] = [],
  ): Promise<void> {
    const expected = time === FAULT_TIME ? this.content : this.snapshots.get(time);
    if (expected === undefined) throw new Error(`nobody has made a snapshot ${time}`);
    const target = await Deno.makeTempDir({ dir: this.root });
    for (const archive of ARCHIVES) {
      const path = `${target}/${SOURCES[archive]}`;
      const { error } = await restoreStored(repository, archive, path, {}, { ...GROUP, time });
      if (error) throw new Error(`${archive} of ${time} cannot be restored`, { cause: error });
    }
    // Other names of the same files are not as they would have been, either.
    const others = expected.split("\n").filter((line) =>
      left.some((name) => line.includes(` same as "/tree/${name}"`))
    ).map((line) => line.slice(0, line.indexOf(" ")));
    const isLeft = (line: string) =>
      left.some((name) => line.startsWith(`"/tree/${name}`)) ||
      others.some((start) => line.startsWith(start));
    const without = (list: string) =>
      list.split("\n").filter((line) => !isLeft(line))
        .map((line) => left.length === 0 ? line : line.replace(/ same as "[^"]*"/, ""));
    assertEquals(without(await listSource(target)), without(expected), `snapshot ${time} differs`);
    await Deno.remove(target, { recursive: true });
  }
}

/** Everything of a source or of what was restored of it. */
async function listSource(folder: string): Promise<string> {
  return await listTree(folder, ["/folder/left-out"]);
}

/** Makes a template for the scope, in memory. */
export async function withFaultWorld(body: (world: FaultWorld) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await body(await FaultWorld.make(dir.path));
}
