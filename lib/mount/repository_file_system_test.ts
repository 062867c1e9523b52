import { assertEquals, assertRejects } from "@std/assert";
import { backUp } from "../../tests/support/back_up.ts";
import { eventually } from "../../tests/support/eventually.ts";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { SystemError } from "../errors/mod.ts";
import { type NodeId, ROOT_NODE } from "../fuse/mod.ts";
import type { Repository } from "../repository/mod.ts";
import { RepositoryFileSystem, type RepositoryLimits } from "./mod.ts";

const TIME = 1_700_000_000;
const NAME = "2023-11-14T22:13:20Z";
const [ENFILE, ESTALE] = [23, 116];
const encode = (text: string) => new TextEncoder().encode(text);

function fileSystemOf(repository: Repository, limits: Partial<RepositoryLimits>) {
  return new RepositoryFileSystem({
    repository,
    namespace: "",
    crypt: undefined,
    owner: { uid: 1, gid: 2 },
    observer: { log: () => {} },
    limits: { refreshMs: 0, ...limits },
  });
}

/** The node at a path, and all nodes on the way: each was found once. */
async function walk(files: RepositoryFileSystem, path: string): Promise<NodeId[]> {
  const nodes = [ROOT_NODE];
  for (const name of path.split("/")) {
    const found = await files.lookup(nodes.at(-1)!, encode(name));
    if (found === undefined) throw new Error(`there is no "${name}" of "${path}"`);
    nodes.push(found.node);
  }
  return nodes;
}

async function refused(call: () => Promise<unknown>, errno: number): Promise<void> {
  const error = await assertRejects(call, SystemError);
  assertEquals(error.errno, errno);
}

const read = async (files: RepositoryFileSystem, node: NodeId) =>
  new TextDecoder().decode(await files.read(node, 0, 100));

/** Backs up a file of this content as `a.pxar` of a group. */
async function store(repository: Repository, id: string, content: string): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/file`, content);
  await backUp(repository, { type: "host", id, time: TIME }, [`a.pxar:${dir.path}`]);
}

Deno.test("numbers of an archive are given to another one only when the kernel has forgotten all of them", () =>
  withLocalRepository(async (repository) => {
    for (const id of ["one", "two", "three"]) await store(repository, id, id);
    await using files = fileSystemOf(repository, { maxParts: 2 });
    const path = (id: string) => `host/${id}/${NAME}/a.pxar/file`;
    const one = await walk(files, path("one"));
    const two = await walk(files, path("two"));
    assertEquals(new Set([...one.slice(3), ...two.slice(3)]).size, 6);
    await refused(() => walk(files, path("three")), ENFILE);
    files.forget(one.at(-1)!, 1);
    await refused(() => walk(files, path("three")), ENFILE);
    files.forget(one.at(-2)!, 1);
    const three = await walk(files, path("three"));
    assertEquals(three.at(-1), one.at(-1), "these are the numbers that have become free");
    assertEquals([await read(files, three.at(-1)!), await read(files, two.at(-1)!)], [
      "three",
      "two",
    ]);
    await refused(() => walk(files, path("one")), ENFILE);
  }));

Deno.test("entries of a folder count as found, names outside of archives do not", () =>
  withLocalRepository(async (repository) => {
    for (const id of ["one", "two"]) await store(repository, id, id);
    await using files = fileSystemOf(repository, { maxParts: 1 });
    const nodes = await walk(files, `host/one/${NAME}/a.pxar`);
    const shown: NodeId[] = [];
    await files.readFolder(nodes.at(-1)!, 0, ({ node }) => shown.push(node) > 0);
    files.forget(nodes.at(-1)!, 1);
    await refused(() => walk(files, `host/two/${NAME}/a.pxar`), ENFILE);
    files.forget(shown[0]!, 1);
    const [snapshot] = (await walk(files, `host/two/${NAME}`)).slice(-1);
    await files.readFolder(snapshot!, 0, ({ isOnlyNamed }) => isOnlyNamed!);
    await walk(files, `host/one/${NAME}/a.pxar`);
  }));

Deno.test("a snapshot that was made again under its time is another one", () =>
  withLocalRepository(async (repository) => {
    await store(repository, "one", "before");
    const snapshot = { type: "host", id: "one", time: TIME } as const;
    await using files = fileSystemOf(repository, { idleMs: 10, refreshMs: 100_000 });
    const old = await walk(files, `host/one/${NAME}/a.pxar/file`);
    assertEquals(await read(files, old.at(-1)!), "before");
    await eventually(async () => assertEquals(await Promise.resolve(files.openArchives), 0));
    // Closed, it holds no lock.
    await repository.forgetSnapshot("", snapshot);
    await store(repository, "one", "behind");
    await refused(() => files.read(old.at(-1)!, 0, 100), ESTALE);
    const now = await walk(files, `host/one/${NAME}/a.pxar/file`);
    assertEquals(await read(files, now.at(-1)!), "behind");
    await refused(() => files.attributes(old.at(-1)!), ESTALE);
  }));

Deno.test("what was removed is stale, and gone from its folder", () =>
  withLocalRepository(async (repository) => {
    await store(repository, "one", "content");
    await using files = fileSystemOf(repository, { idleMs: 10 });
    const nodes = await walk(files, `host/one/${NAME}/a.pxar/file`);
    await eventually(async () => assertEquals(await Promise.resolve(files.openArchives), 0));
    await repository.forgetSnapshot("", { type: "host", id: "one", time: TIME });
    await refused(() => files.read(nodes.at(-1)!, 0, 100), ESTALE);
    assertEquals(await files.lookup(ROOT_NODE, encode("host")), undefined);
    await refused(() => files.lookup(nodes[2]!, encode(NAME)), ESTALE);
  }));
