import { assert, assertEquals } from "@std/assert";
import { eventually } from "../../tests/support/eventually.ts";
import { backUp } from "../../tests/support/back_up.ts";
import { withLocalRepository } from "../../tests/support/local_repository.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { type NodeId, type PageCache, ROOT_NODE } from "../fuse/mod.ts";
import { ArchiveFileSystem, OpenedArchive } from "./mod.ts";

const SNAPSHOT = { type: "host", id: "a", time: 1_700_000_000 } as const;
const FILES = 400;

/** Remembers what was put there, in place of the kernel. */
class StoredPages implements PageCache {
  readonly stored = new Map<NodeId, Uint8Array>();

  store(...[bytes, pieces]: Parameters<PageCache["store"]>): Promise<void> {
    for (const { node, offset, start, length } of pieces) {
      assertEquals([offset, this.stored.has(node)], [0, false]);
      this.stored.set(node, bytes.slice(start, start + length));
    }
    return Promise.resolve();
  }
}

/** Content of a file of the folder. */
const contentOf = (at: number) => new TextEncoder().encode(`${at} `.repeat(1 + at % 50));

/** Lists a folder of small files as the kernel would, and hands their nodes out. */
async function withListed(
  mode: "legacy" | "data",
  work: (files: ArchiveFileSystem, nodes: NodeId[], pages: StoredPages) => Promise<void>,
): Promise<void> {
  await withLocalRepository(async (repository) => {
    await using dir = await TempDir.make("/dev/shm");
    for (let at = 0; at < FILES; at++) {
      await Deno.writeFile(`${dir.path}/${String(at).padStart(4, "0")}`, contentOf(at));
    }
    await backUp(repository, SNAPSHOT, [`a.pxar:${dir.path}`], { changeDetectionMode: mode });
    await using opened = await OpenedArchive.open({
      open: () => repository.openSnapshot("", SNAPSHOT),
      crypt: undefined,
      name: "a.pxar",
      observer: { log: () => {} },
    });
    const files = new ArchiveFileSystem(opened.reader.tree);
    const pages = new StoredPages();
    files.mounted(pages);
    const nodes: NodeId[] = [];
    await files.readFolder(ROOT_NODE, 0, ({ node }) => nodes.push(node) > 0);
    assertEquals(nodes.length, FILES);
    await work(files, nodes, pages);
    await files.idle();
  });
}

for (const mode of ["legacy", "data"] as const) {
  Deno.test(`who reads on finds most files of a ${mode} archive there, and never twice`, () =>
    withListed(mode, async (files, nodes, pages) => {
      let asked = 0;
      for (const [at, node] of nodes.entries()) {
        if (!pages.stored.has(node)) {
          asked++;
          assertEquals(await files.read(node, 0, 4096), contentOf(at));
          // Time in which a reader would do something with it.
          await files.settled();
        } else assertEquals(pages.stored.get(node), contentOf(at));
      }
      assert(asked < FILES / 4, `${asked} were asked for`);
    }));
}

Deno.test("who reads here and there gets nothing that was not asked for", () =>
  withListed("data", async (files, nodes, pages) => {
    for (let at = 7; at < FILES; at += 7) await files.read(nodes[at]!, 0, 4096);
    for (let at = FILES - 1; at > 0; at -= 3) await files.read(nodes[at]!, 0, 4096);
    await files.idle();
    assertEquals(pages.stored.size, 0);
  }));

Deno.test("a folder that is read a second time, from pages that are gone, is read ahead as well", () =>
  withListed("data", async (files, nodes, pages) => {
    for (let round = 0; round < 2; round++) {
      pages.stored.clear();
      for (let at = 0; at < 3; at++) await files.read(nodes[at]!, 0, 4096);
      await eventually(() => Promise.resolve(assert(pages.stored.size > 0, `round ${round}`)));
      await files.read(nodes[FILES - 1]!, 0, 4096);
    }
  }));
