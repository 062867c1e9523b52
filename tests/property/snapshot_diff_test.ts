import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { EntryChange } from "../../lib/compare/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { compareSnapshots } from "../support/compare_snapshots.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { randomEdit } from "../support/random_edit.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { type TreeRecord, treeRecords } from "../support/tree_records.ts";
import { testWithPeers } from "../support/with_peers.ts";

const RUNS = 12;
const EDITS_PER_RUN = 30;

/**
 * Gives what was edited a time of its own that does not look young: what tells two contents apart, and
 * renamed files from new ones, is the size and the time.
 */
const SETTLE = `
import os, sys
seconds = int(sys.argv[1]) * 10**9
young = []
for folder, folders, files in os.walk("."):
    folders.sort()
    for path in [folder] + sorted(os.path.join(folder, f) for f in files + folders):
        if os.lstat(path).st_mtime > 1577836800: young.append(path)
for nanos, path in enumerate(young):
    os.utime(path, ns=(seconds, seconds + nanos), follow_symlinks=False)
`;

const text = (path: Uint8Array) => new TextDecoder().decode(path);
const isIn = (directory: string, path: string) => path.startsWith(`${directory}/`);

/** A listing after the changes, from the listings before them and of what has come. */
function applied(
  before: Map<string, TreeRecord>,
  after: Map<string, TreeRecord>,
  changes: readonly EntryChange[],
): Map<string, TreeRecord> {
  const result = new Map(before);
  const moved = new Map<string, TreeRecord>();
  const renames = changes.filter(({ status }) => status === "renamed")
    .map(({ oldPath, path }) => [text(oldPath!), text(path)] as const)
    // What was moved out of a directory that was moved goes first.
    .sort(([a], [b]) => b.length - a.length);
  for (const { status, path } of changes) {
    if (status === "removed") assert(result.delete(text(path)), `${text(path)} was not there`);
  }
  for (const [from, to] of renames) {
    assert(result.has(from), `${from} was not there`);
    for (const [old, record] of [...result]) {
      if (old !== from && !isIn(from, old)) continue;
      result.delete(old);
      const link = record.link !== undefined && isIn(from, record.link)
        ? { link: to + record.link.slice(from.length) }
        : {};
      moved.set(to + old.slice(from.length), { ...record, ...link });
    }
  }
  for (const [path, record] of moved) {
    assert(!result.has(path), `${path} was there before`);
    result.set(path, record);
  }
  for (const change of changes) {
    const path = text(change.path);
    if (change.status === "removed") continue;
    const now = after.get(path)!;
    assert(now, `${path} is not there`);
    if (change.status === "added") {
      assert(!result.has(path), `${path} was there before`);
      result.set(path, now);
      continue;
    }
    const old = result.get(path)!;
    if (change.parts.includes("type") || change.parts.includes("link")) {
      assertNotEquals([now.type, now.link], [old.type, old.link], path);
      result.set(path, now);
      continue;
    }
    const parts = Object.fromEntries(change.parts.map((part) => {
      assertNotEquals(now[part], old[part], `${part} of ${path}`);
      return [part, now[part]!];
    }));
    // Contents are told by their chunks, or else by size and time.
    if (change.content === "same") assertEquals(now.content, old.content, path);
    const mayDiffer = change.content === "unknown" && "mtime" in parts;
    result.set(path, { ...old, ...parts, ...(mayDiffer ? { content: now.content! } : {}) });
  }
  return result;
}

const sorted = (records: Map<string, TreeRecord>) =>
  [...records].sort(([a], [b]) => a < b ? -1 : 1);

testWithPeers(
  `what ${RUNS} rounds of random edits change is what listings by other programs show`,
  ["find", "python3", "sha256sum", "getfattr", "getfacl", "setfacl", "setfattr"],
  async () => {
    await using dir = await TempDir.make();
    const source = `${dir.path}/source`;
    await Deno.mkdir(source);
    const chance = new Chance(20_270_101);
    const listings: Map<string, TreeRecord>[] = [];
    const snapshots: { readonly legacy: BackupSnapshot; readonly split: BackupSnapshot }[] = [];
    const found = new Map<string, number>();
    await withLocalRepository(async (repository) => {
      for (let run = 0; run < RUNS; run++) {
        const count = run === 0 ? 250 : EDITS_PER_RUN;
        const edits = [
          ...Array.from({ length: count }, () => randomEdit(chance)),
          `f=$(find . -type f | sort | sed -n ${1 + chance.below(9)}p); rm -f "$f"; ${
            ["mkdir", "ln -s target"][run % 2]
          } "$f"`,
          `d=$(find . -mindepth 1 -type d | sort | tail -n 1); mv -T "$d" moved${run}`,
          `d=$(find . -mindepth 1 -maxdepth 1 -type d | sort | head -n 1); mv -T "$d" 00part${run}; ` +
          `f=$(find 00part${run} -type f | sort | head -n 1); [ -n "$f" ] && echo more >> "$f"`,
          // Its first name is another one then.
          `f=$(find . -type f | sort | sed -n ${10 + chance.below(9)}p); ln -f "$f" 0first`,
          `ln -sfn ../x${run % 4} 0link`,
          `touch 0file; chown ${run % 3}:0 0file; chmod ${["600", "640"][run % 2]} 0file`,
        ];
        const settle = `python3 -c '${SETTLE}' ${1_500_000_000 + run}`;
        await runPeer("bash", ["-c", `${edits.join("\n")}\n${settle}`], { cwd: source });
        const time = 1_700_000_000 + run;
        const legacy: BackupSnapshot = { type: "host", id: "legacy", time };
        const split: BackupSnapshot = { type: "host", id: "split", time };
        const archives = [`tree.pxar:${source}`];
        await backUp(repository, legacy, archives, { changeDetectionMode: "legacy" });
        await backUp(repository, split, archives, { changeDetectionMode: "metadata" });
        listings.push(await treeRecords(source));
        snapshots.push({ legacy, split });
      }
      for (let run = 0; run < RUNS; run++) {
        // Also over several runs, backwards, and between both kinds of archives.
        const other = (run + [1, 1, 1, 3, 7][run % 5]!) % RUNS;
        const [before, after] = [snapshots[run]!, snapshots[other]!];
        const pairs = [
          [before.legacy, after.legacy],
          [before.split, after.split],
          [before.legacy, after.split],
          [before.split, after.legacy],
        ] as const;
        for (const [a, b] of pairs) {
          const { changes } = await compareSnapshots(repository, a, b);
          const entries = changes.flatMap((change) => "entry" in change ? [change.entry] : []);
          for (const { status, path, parts, entriesBelow = 0 } of entries) {
            if (entriesBelow > 0 && entries.some((other) => isIn(text(path), text(other.path)))) {
              found.set("moved with changes", (found.get("moved with changes") ?? 0) + 1);
            }
            const words = [status, ...parts, ...entriesBelow > 0 ? ["moved"] : []];
            for (const word of words) found.set(word, (found.get(word) ?? 0) + 1);
          }
          const result = applied(listings[run]!, listings[other]!, entries);
          assertEquals(sorted(result), sorted(listings[other]!), `${a.id} ${run} ${b.id} ${other}`);
        }
      }
    });
    const expected =
      "added removed renamed changed type link size content target mtime mode owner " +
      "xattrs acl moved";
    for (const word of expected.split(" ")) assert(found.has(word), `no edit led to "${word}"`);
  },
);
