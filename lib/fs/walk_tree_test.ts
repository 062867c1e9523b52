import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { latin1 } from "../../tests/support/pxar_read.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { openFilesAt } from "../../tests/support/open_files.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { recordWalk, WalkRecorder } from "../../tests/support/walk_recorder.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { compareBytes } from "../bytes/mod.ts";
import { CancelledError, PbsError, SystemError, UsageError } from "../errors/mod.ts";
import { MatchEntry } from "./match_entry.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs Python in a folder, for what Deno cannot make. */
function python(path: string, program: string): Promise<string> {
  return runPeer("python3", ["-c", `import os, socket, sys\n${program}`], { cwd: path });
}

async function makeFiles(path: string, count: number, content = "x"): Promise<void> {
  for (let i = 0; i < count; i++) {
    await Deno.writeTextFile(`${path}/f${String(i).padStart(4, "0")}`, content);
  }
}

Deno.test("an empty directory is a walk of one entry", async () => {
  await using dir = await TempDir.make();
  const { entries, progress } = await recordWalk({ source: dir.path });
  assertEquals(entries.map(({ kind }) => kind), ["root"]);
  assertEquals(progress.entries, 1);
});

testWithPeers(
  "names are any bytes, in byte order, in source, names and targets",
  ["python3"],
  async () => {
    await using dir = await TempDir.make();
    await python(
      dir.path,
      `
root = b"r\\xff\\n"
os.mkdir(root)
names = [b"new\\nline", b"\\xff\\xfe", b"\\xc3\\xa4", b"a"*255, b"-", b"...", b"a", b"a-b", b"a.b", b"B", b"\\x01", b" ", b"a\\\\"]
for name in names: open(root + b"/" + name, "wb").close()
os.symlink(b"\\xff/\\n", root + b"/link")
`,
    );
    const source = new Uint8Array([...bytes(`${dir.path}/r`), 0xff, 0x0a]);
    const { entries } = await recordWalk({ source });
    const names = entries.slice(1).map(({ path }) => path);
    assertEquals(names.length, 14);
    const asBytes = names.map((name) => Uint8Array.from(name, (char) => char.charCodeAt(0)));
    assertEquals(asBytes.toSorted(compareBytes), asBytes);
    assert(names.includes("a".repeat(255)) && names.includes("\xff\xfe") && names.includes("\x01"));
    assertEquals(entries.find(({ path }) => path === "link")!.target, "\xff/\n");
  },
);

testWithPeers("a directory of 100,000 entries is walked in order", ["python3"], async () => {
  await using dir = await TempDir.make("/dev/shm");
  await python(dir.path, `for i in range(100000): os.mknod(f"entry-{i * 7919 % 100000}")`);
  const { paths, progress } = await recordWalk({ source: dir.path });
  assertEquals(progress.files, 100_000);
  assertEquals(paths, Array.from({ length: 100_000 }, (_, i) => `entry-${i}`).sort());
});

testWithPeers("a tree of 200 levels and paths beyond PATH_MAX is walked", ["python3"], async () => {
  await using dir = await TempDir.make();
  const name = "n".repeat(50);
  await python(
    dir.path,
    `
for i in range(200):
    os.mkdir("${name}"); os.chdir("${name}")
open("bottom", "w").write("x")
`,
  );
  const { paths, progress } = await recordWalk({ source: dir.path });
  assertEquals(progress.directories, 201);
  assertEquals(paths.at(-1), `${name}/`.repeat(200) + "bottom");
});

Deno.test("a walk never holds more files open than it is told", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 60);
  await Deno.mkdir(`${dir.path}/f0030d`);
  await makeFiles(`${dir.path}/f0030d`, 60);
  for (const openFilesMax of [2, 7, 20]) {
    const recorder = new WalkRecorder();
    let most = 0;
    recorder.onEntry = () => {
      const files = openFilesAt(dir.path).filter((target) => /\/f\d{4}$/.test(target));
      most = Math.max(most, files.length);
    };
    await recordWalk({ source: dir.path, openFilesMax }, recorder);
    assertEquals(recorder.entries.length, 122);
    assert(most >= 1 && most <= openFilesMax, `${most} of ${openFilesMax}`);
    assertEquals(openFilesAt(dir.path), []);
  }
});

Deno.test("the descriptor of a file reads its content from the start", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/f`, "content");
  const recorder = new WalkRecorder();
  let content = "";
  recorder.onEntry = (_path, fd) => {
    if (fd >= 0) content = Deno.readTextFileSync(`/proc/self/fd/${fd}`);
  };
  await recordWalk({ source: dir.path }, recorder);
  assertEquals(content, "content");
});

Deno.test("later names of a file become hard links to the first one that is not excluded", async () => {
  await using dir = await TempDir.make();
  await Deno.mkdir(`${dir.path}/d`);
  await Deno.writeTextFile(`${dir.path}/a`, "x");
  for (const name of ["b", "c", "d/e", "z"]) {
    await Deno.link(`${dir.path}/a`, `${dir.path}/${name}`);
  }
  await Deno.writeTextFile(`${dir.path}/other`, "");
  await Deno.link(`${dir.path}/other`, `${dir.path}/d/other`);
  const { entries, progress } = await recordWalk({
    source: dir.path,
    excludes: [new MatchEntry(bytes("/a"))],
  });
  assertEquals(entries.map(({ kind, path, target }) => [kind, path, target]), [
    ["root", "", undefined],
    ["file", "b", undefined],
    ["hardlink", "c", "b"],
    ["directory", "d", undefined],
    ["hardlink", "d/e", "b"],
    ["file", "d/other", undefined],
    ["hardlink", "other", "d/other"],
    ["hardlink", "z", "b"],
  ]);
  assertEquals([progress.files, progress.hardlinks, progress.directories], [2, 4, 2]);
});

Deno.test("a file removed since its directory was listed is reported and left out", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 10);
  await Deno.mkdir(`${dir.path}/f0008d`);
  const recorder = new WalkRecorder();
  recorder.onEntry = (path) => {
    if (path !== "f0000") return;
    Deno.removeSync(`${dir.path}/f0005`);
    Deno.removeSync(`${dir.path}/f0008d`);
  };
  const { paths, warnings, progress } = await recordWalk(
    { source: dir.path, openFilesMax: 2 },
    recorder,
  );
  assertEquals(paths.length, 9);
  assert(!paths.includes("f0005"));
  assertEquals(warnings, ["vanished f0005", "vanished f0008d"]);
  assertEquals(progress.skipped, 2);
});

testWithPeers(
  "an entry replaced since its directory was listed is archived as what it is now",
  ["python3"],
  async () => {
    await using dir = await TempDir.make();
    await makeFiles(dir.path, 10);
    await Deno.mkdir(`${dir.path}/f0007d`);
    await Deno.writeTextFile(`${dir.path}/f0007d/inside`, "x");
    const recorder = new WalkRecorder();
    recorder.onEntry = (path) => {
      if (path !== "f0000") return;
      const { success } = new Deno.Command("python3", {
        cwd: dir.path,
        args: [
          "-c",
          `
import os, socket, shutil
for name in ("f0004", "f0005", "f0006", "f0007"): os.unlink(name)
os.mkfifo("f0004")
os.symlink("/etc/passwd", "f0005")
os.mkdir("f0006"); open("f0006/new", "w").write("x")
socket.socket(socket.AF_UNIX).bind("f0007")
shutil.rmtree("f0007d"); os.symlink("/etc", "f0007d")
`,
        ],
      }).outputSync();
      assert(success);
    };
    const { entries, warnings } = await recordWalk(
      { source: dir.path, openFilesMax: 2 },
      recorder,
    );
    assertEquals(entries.slice(5, 12).map(({ kind, path }) => [kind, path]), [
      ["fifo", "f0004"],
      ["symlink", "f0005"],
      ["directory", "f0006"],
      ["file", "f0006/new"],
      ["socket", "f0007"],
      ["symlink", "f0007d"],
      ["file", "f0008"],
    ]);
    assertEquals(warnings, []);
  },
);

Deno.test("the limit of entries counts those of all directories that are open", async () => {
  await using dir = await TempDir.make();
  for (const name of ["a", "b"]) {
    await Deno.mkdir(`${dir.path}/${name}`);
    await makeFiles(`${dir.path}/${name}`, 10);
  }
  const excludes = [new MatchEntry(bytes("f0009"))];
  assertEquals((await recordWalk({ source: dir.path, entriesMax: 12 })).paths.length, 22);
  assertEquals((await recordWalk({ source: dir.path, entriesMax: 11, excludes })).paths.length, 20);
  await assertRejects(
    () => recordWalk({ source: dir.path, entriesMax: 11 }),
    PbsError,
    'error at "a": exceeded allowed number of file entries (> 11)',
  );
  await assertRejects(
    () => recordWalk({ source: dir.path, entriesMax: 1 }),
    PbsError,
    'error at ".": exceeded allowed number of file entries (> 1)',
  );
  assertEquals(openFilesAt(dir.path), []);
});

testWithPeers(
  "extended attributes that are too large end the walk, or are left out on request",
  ["python3"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await python(
      dir.path,
      `
open("f", "w").write("x")
for i in range(300): os.setxattr("f", "trusted." + str(i).zfill(245), b"")
`,
    );
    await assertRejects(
      () => recordWalk({ source: dir.path }),
      SystemError,
      'error at "f": extended attributes are too large, skip them with --skip-e2big-xattr',
    );
    assertEquals(openFilesAt(dir.path), []);
    const { entries } = await recordWalk({ source: dir.path, skipE2bigXattr: true });
    assertEquals(entries[1]!.metadata!.xattrs, undefined);
  },
);

testWithPeers("records larger than a batch are delivered", ["python3"], async () => {
  await using dir = await TempDir.make("/dev/shm");
  await python(
    dir.path,
    `
open("f", "w").write("x")
for i in range(3): os.setxattr("f", f"trusted.{i}", bytes([i]) * 65536)
open("g", "w").write("x")
`,
  );
  const { entries } = await recordWalk({ source: dir.path });
  const xattrs = entries[1]!.metadata!.xattrs!;
  assertEquals(xattrs.map(({ value }) => value.length), [65536, 65536, 65536]);
  for (const { name, value } of xattrs) {
    assert(value.every((byte) => byte === Number(latin1(name).slice(8))));
  }
  assertEquals(entries[2]!.path, "g");
});

Deno.test("the source may be a symbolic link only if that is wanted", async () => {
  await using dir = await TempDir.make();
  await Deno.mkdir(`${dir.path}/real`);
  await Deno.symlink("real", `${dir.path}/link`);
  const source = `${dir.path}/link`;
  assertEquals((await recordWalk({ source })).entries.length, 1);
  await assertRejects(() => recordWalk({ source, followSource: false }), SystemError, source);
});

Deno.test("a source that cannot be opened is named", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/file`, "x");
  for (const [name, reason] of [["none", "No such file"], ["file", "Not a directory"]] as const) {
    await assertRejects(
      () => recordWalk({ source: `${dir.path}/${name}` }),
      SystemError,
      `cannot open directory "${dir.path}/${name}": ${reason}`,
    );
  }
  await assertRejects(() => recordWalk({ source: "a\0b" }), UsageError, "zero byte");
});

for (const source of ["/proc", "/sys", "/proc/self"]) {
  Deno.test(`a walk of ${source} is refused`, async () => {
    await assertRejects(
      () => recordWalk({ source }),
      UsageError,
      "refusing to backup a virtual file system",
    );
  });
}

Deno.test("a walk waits for a visitor that is full", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 50);
  const recorder = new WalkRecorder();
  let drains = 0;
  recorder.onEntry = () => {
    assert(!recorder.full);
    recorder.full = true;
  };
  recorder.drain = async () => {
    await delay(1);
    drains++;
    recorder.full = false;
  };
  const { entries } = await recordWalk({ source: dir.path, openFilesMax: 8 }, recorder);
  assertEquals(drains, entries.length);
});

Deno.test("a visitor that throws ends the walk and nothing stays open", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 300);
  for (const failing of ["", "f0000", "f0150", "f0299"]) {
    const recorder = new WalkRecorder();
    recorder.onEntry = (path) => {
      if (path === failing) throw new Error("visitor failed");
    };
    await assertRejects(() => recordWalk({ source: dir.path }, recorder), Error, "visitor failed");
    assertEquals(openFilesAt(dir.path), []);
  }
});

Deno.test("a drain that fails ends the walk and nothing stays open", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 30);
  const recorder = new WalkRecorder();
  recorder.onEntry = (path) => recorder.full = path === "f0010";
  recorder.drain = () => Promise.reject(new Error("upload failed"));
  await assertRejects(() => recordWalk({ source: dir.path }, recorder), Error, "upload failed");
  assertEquals(openFilesAt(dir.path), []);
});

Deno.test("an abort ends the walk before it begins, between entries and while it waits", async () => {
  await using dir = await TempDir.make();
  await makeFiles(dir.path, 100);
  const aborted = AbortSignal.abort();
  await assertRejects(() => recordWalk({ source: dir.path, signal: aborted }), CancelledError);

  const between = new AbortController();
  const recorder = new WalkRecorder();
  recorder.onEntry = (path) => path === "f0003" && between.abort();
  await assertRejects(
    () => recordWalk({ source: dir.path, signal: between.signal, openFilesMax: 4 }, recorder),
    CancelledError,
  );
  assert(recorder.entries.length < 20);

  const waiting = new AbortController();
  const stuck = new WalkRecorder();
  stuck.onEntry = () => stuck.full = true;
  stuck.drain = () => {
    waiting.abort();
    return new Promise(() => {});
  };
  await assertRejects(
    () => recordWalk({ source: dir.path, signal: waiting.signal }, stuck),
    CancelledError,
  );
  assertEquals(openFilesAt(dir.path), []);
});

Deno.test("a walk of a tree that changes all the time ends without a leak", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const changer = new Deno.Command("sh", {
    cwd: dir.path,
    args: [
      "-c",
      "while :; do for i in 1 2 3 4 5 6; do mkdir d$i; echo x >d$i/x; echo x >f$i; done; " +
      "for i in 6 5 4 3 2 1; do rm -rf d$i f$i; mkfifo f$i; ln -s . d$i; done; rm -f d? f?; done",
    ],
    stderr: "null",
  }).spawn();
  const counts = new Set<number>();
  try {
    for (let round = 0; round < 200 || (counts.size < 3 && round < 20_000); round++) {
      counts.add((await recordWalk({ source: dir.path })).entries.length);
    }
  } finally {
    changer.kill("SIGKILL");
    await changer.status;
  }
  assert(counts.size >= 3);
  assertEquals(openFilesAt(dir.path), []);
});
