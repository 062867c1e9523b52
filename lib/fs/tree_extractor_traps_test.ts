import { assertEquals, assertMatch } from "@std/assert";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { addFile, bytes, DIRECTORY, FILE, metadata } from "../../tests/support/extract_fixture.ts";
import type { ExtractOptions } from "./extract_options.ts";
import { TreeExtractor } from "./tree_extractor.ts";

const LINK = metadata(S_IFLNK | 0o777);
const OVERWRITE: ExtractOptions = {
  allowExistingDirs: true,
  overwriteFiles: true,
  overwriteSymlinks: true,
  overwriteHardlinks: true,
};

/** A place outside of the target with things that must stay as they are. */
class Outside implements AsyncDisposable {
  private constructor(readonly dir: TempDir, readonly before: string) {}

  static async make(): Promise<Outside> {
    const dir = await TempDir.make();
    await Deno.mkdir(`${dir.path}/outside/dir`, { recursive: true });
    await Deno.writeTextFile(`${dir.path}/outside/secret`, "secret");
    await Deno.writeTextFile(`${dir.path}/outside/dir/secret`, "secret");
    await Deno.mkdir(`${dir.path}/target`);
    return new Outside(dir, await Outside.#look(dir));
  }

  get target(): string {
    return `${this.dir.path}/target`;
  }

  get path(): string {
    return `${this.dir.path}/outside`;
  }

  /** Fails if anything outside of the target is another. */
  async assertUntouched(): Promise<void> {
    assertEquals(await Outside.#look(this.dir), this.before);
  }

  static #look(dir: TempDir): Promise<string> {
    // Change times tell also of what leaves no other trace.
    return runPeer("find", [
      `${dir.path}/outside`,
      "-printf",
      "%p %y %m %n %U:%G %s %T@ %C@\\n",
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Extracts and gives `path errno` of every error. */
async function extract(
  target: string,
  options: ExtractOptions,
  fill: (extractor: TreeExtractor) => void,
): Promise<string[]> {
  await using extractor = TreeExtractor.open(target, { ...options, errorPolicy: "collect" });
  fill(extractor);
  await extractor.submit(1);
  const { errors } = await extractor.finish();
  return errors.map(({ path, step, errno }) =>
    `${new TextDecoder().decode(path)}: ${step} ${errno}`
  );
}

for (const options of [{ allowExistingDirs: true }, OVERWRITE]) {
  const mode = options === OVERWRITE ? "overwriting" : "allowing existing directories";
  testWithPeers(
    `TreeExtractor does not enter an existing symbolic link to a directory, ${mode}`,
    ["find"],
    async () => {
      await using outside = await Outside.make();
      await Deno.symlink(`${outside.path}/dir`, `${outside.target}/link`);
      await Deno.symlink("nowhere", `${outside.target}/dangling`);
      const errors = await extract(outside.target, options, (extractor) => {
        for (const name of ["link", "dangling"]) {
          extractor.enterDirectory(bytes(name), metadata(S_IFDIR | 0o777, { uid: 5 }));
          addFile(extractor, "secret", "overwritten");
          addFile(extractor, "new", "new");
          extractor.leaveDirectory();
        }
        addFile(extractor, "good", "good");
      });
      await outside.assertUntouched();
      assertEquals(errors, ["dangling: open 20", "link: open 20"]);
      assertEquals(await Deno.readTextFile(`${outside.target}/good`), "good");
    },
  );
}

testWithPeers(
  "TreeExtractor does not go through a symbolic link that the archive itself made",
  ["find"],
  async () => {
    await using outside = await Outside.make();
    await using extractor = TreeExtractor.open(outside.target, {
      ...OVERWRITE,
      errorPolicy: "collect",
    });
    extractor.symlink(bytes("dir"), LINK, bytes("../outside/dir"));
    extractor.symlink(bytes("file"), LINK, bytes("../outside/secret"));
    await extractor.submit(1);
    // The links exist before the rest is tried.
    while ((await extractor.finishedTokens()).length === 0);
    extractor.hardlink(bytes("stolen"), bytes("dir/secret"));
    extractor.hardlink(bytes("stolen-too"), bytes("file"));
    extractor.enterDirectory(bytes("dir"), DIRECTORY);
    addFile(extractor, "secret", "overwritten");
    extractor.leaveDirectory();
    const { errors } = await extractor.finish();
    await outside.assertUntouched();
    assertEquals(
      errors.map(({ path, errno }) => `${new TextDecoder().decode(path)} ${errno}`).sort(),
      ["dir 20", "stolen 40", "stolen-too 40"],
    );
  },
);

testWithPeers(
  "TreeExtractor replaces what is in the way of a file, and writes through nothing",
  ["find"],
  async () => {
    await using outside = await Outside.make();
    const { target } = outside;
    const prepare = async () => {
      await Deno.symlink(`${outside.path}/secret`, `${target}/symlink`);
      await runPeer("mkfifo", [`${target}/fifo`]);
      await Deno.writeTextFile(`${target}/file`, "old");
      await Deno.link(`${target}/file`, `${target}/other-name`);
      await Deno.mkdir(`${target}/directory`);
    };
    await prepare();
    const fill = (extractor: TreeExtractor) => {
      for (const name of ["symlink", "fifo", "file", "directory"]) addFile(extractor, name, "new");
    };
    assertEquals(
      await extract(target, {}, fill),
      ["directory", "fifo", "file", "symlink"].map((name) => `${name}: create 17`),
    );
    assertEquals(await Deno.readTextFile(`${target}/file`), "old");
    assertEquals(await extract(target, OVERWRITE, fill), ["directory: create 17"]);
    await outside.assertUntouched();
    for (const name of ["symlink", "fifo", "file"]) {
      assertEquals((await Deno.lstat(`${target}/${name}`)).isFile, true);
      assertEquals(await Deno.readTextFile(`${target}/${name}`), "new");
    }
    assertEquals(
      await Deno.readTextFile(`${target}/other-name`),
      "old",
      "the old file stays intact",
    );
  },
);

testWithPeers(
  "TreeExtractor replaces what is in the way of links, and never a directory",
  ["find"],
  async () => {
    await using outside = await Outside.make();
    const { target } = outside;
    await Deno.mkdir(`${target}/directory`);
    await Deno.writeTextFile(`${target}/directory/kept`, "kept");
    await Deno.symlink(`${outside.path}/secret`, `${target}/link`);
    await Deno.symlink(`${outside.path}/secret`, `${target}/hard`);
    const fill = (extractor: TreeExtractor) => {
      addFile(extractor, "original", "original");
      extractor.symlink(bytes("directory"), LINK, bytes("x"));
      extractor.symlink(bytes("link"), LINK, bytes("elsewhere"));
      extractor.hardlink(bytes("hard"), bytes("original"));
    };
    assertEquals(await extract(target, {}, fill), [
      "directory: create 17",
      "hard: create 17",
      "link: create 17",
    ]);
    assertEquals(await extract(target, OVERWRITE, fill), ["directory: create 17"]);
    assertEquals(await extract(target, OVERWRITE, fill), ["directory: create 17"]);
    await outside.assertUntouched();
    assertEquals(await Deno.readLink(`${target}/link`), "elsewhere");
    assertEquals(await Deno.readTextFile(`${target}/hard`), "original");
    assertEquals((await Deno.lstat(`${target}/hard`)).nlink, 2);
    assertEquals(await Deno.readTextFile(`${target}/directory/kept`), "kept");
  },
);

testWithPeers("TreeExtractor refuses hard links that lead elsewhere", ["find"], async () => {
  await using outside = await Outside.make();
  const targets = [
    "../outside/secret",
    `${outside.path}/secret`,
    "dir/../../outside/secret",
    "./file",
    "dir//file",
    "dir/",
    "symlink",
    "dirlink/secret",
    "dir",
    "fifo",
    "missing",
  ];
  const linkName = (index: number) => `link-${String(index).padStart(2, "0")}`;
  const errors = await extract(outside.target, OVERWRITE, (extractor) => {
    addFile(extractor, "file", "file");
    extractor.symlink(bytes("symlink"), LINK, bytes("../outside/secret"));
    extractor.symlink(bytes("dirlink"), LINK, bytes("../outside"));
    extractor.fifo(bytes("fifo"), metadata(0o010644));
    extractor.enterDirectory(bytes("dir"), DIRECTORY);
    addFile(extractor, "file", "file");
    extractor.leaveDirectory();
    targets.forEach((target, index) => extractor.hardlink(bytes(linkName(index)), bytes(target)));
    extractor.hardlink(bytes("good"), bytes("dir/file"));
  });
  await outside.assertUntouched();
  assertEquals(errors, [
    ...[22, 22, 22, 22, 22, 22, 40, 40, 21, 22, 2].map((errno, index) =>
      `${linkName(index)}: hard link target ${errno}`
    ),
  ]);
  assertEquals((await Deno.stat(`${outside.target}/good`)).nlink, 2);
});

Deno.test("TreeExtractor links to nothing that was there before in place of what could not be made", async () => {
  await using dir = await TempDir.make();
  await Deno.writeTextFile(`${dir.path}/file`, "old");
  await Deno.mkdir(`${dir.path}/dir`);
  await Deno.writeTextFile(`${dir.path}/dir/below`, "old");
  const errors = await extract(dir.path, {}, (extractor) => {
    addFile(extractor, "file", "new");
    extractor.enterDirectory(bytes("dir"), DIRECTORY);
    addFile(extractor, "below", "new");
    extractor.leaveDirectory();
    extractor.hardlink(bytes("link"), bytes("file"));
    extractor.hardlink(bytes("link-below"), bytes("dir/below"));
    addFile(extractor, "good", "good");
    extractor.hardlink(bytes("link-good"), bytes("good"));
  });
  assertEquals(errors.sort(), [
    "dir: create 17",
    "file: create 17",
    "link-below: hard link target 2",
    "link: hard link target 2",
  ]);
  const names = Array.from(Deno.readDirSync(dir.path), ({ name }) => name).sort();
  assertEquals(names, ["dir", "file", "good", "link-good"]);
});

Deno.test("TreeExtractor does not lose a file that is told to be a link to itself", async () => {
  await using dir = await TempDir.make();
  const errors = await extract(dir.path, OVERWRITE, (extractor) => {
    addFile(extractor, "file", "file");
    extractor.hardlink(bytes("file"), bytes("file"));
  });
  assertEquals(errors, []);
  assertEquals(await Deno.readTextFile(`${dir.path}/file`), "file");
});

testWithPeers("TreeExtractor refuses names that are no single component", ["find"], async () => {
  await using outside = await Outside.make();
  for (const name of ["..", ".", "", "a/b", "/etc/x", "../outside/secret", "a\0b"]) {
    for (const kind of ["file", "directory", "symlink"] as const) {
      await using extractor = TreeExtractor.open(outside.target, OVERWRITE);
      if (kind === "file") addFile(extractor, name, "x");
      else if (kind === "directory") extractor.enterDirectory(bytes(name), DIRECTORY);
      else extractor.symlink(bytes(name), LINK, bytes("x"));
      let message = "";
      await extractor.submit(1).then(() => extractor.finish()).catch((error) =>
        message = error.message
      );
      assertMatch(message, /Invalid argument/, `${kind} "${name}"`);
    }
  }
  await outside.assertUntouched();
  assertEquals(Array.from(Deno.readDirSync(outside.target)), []);
});

testWithPeers("TreeExtractor leaves what exists in a reused tree alone", ["find"], async () => {
  await using outside = await Outside.make();
  const { target } = outside;
  await Deno.mkdir(`${target}/shared`, { mode: 0o777 });
  await Deno.chmod(`${target}/shared`, 0o2777);
  await Deno.chown(`${target}/shared`, 5, 6);
  await Deno.writeTextFile(`${target}/shared/kept`, "kept");
  const errors = await extract(target, { allowExistingDirs: true }, (extractor) => {
    extractor.enterDirectory(bytes("shared"), metadata(S_IFDIR | 0o750));
    addFile(extractor, "mine", "mine", FILE);
    addFile(extractor, "theirs", "x", metadata(S_IFREG | 0o4711, { uid: 3, gid: 4 }));
    extractor.symlink(bytes("link"), LINK, bytes("x"));
    extractor.symlink(
      bytes("their-link"),
      metadata(S_IFLNK | 0o777, { uid: 3, gid: 4 }),
      bytes("x"),
    );
    extractor.leaveDirectory();
  });
  assertEquals(errors, []);
  const found = await runPeer("find", [target, "-mindepth", "1", "-printf", "%P %y %m %U:%G\\n"]);
  assertEquals(found.trim().split("\n").sort(), [
    `shared d 750 0:0`,
    `shared/kept f ${(0o666 & ~Deno.umask()).toString(8)} 0:6`,
    // The directory's set-group-id bit does not show in what was restored.
    `shared/link l 777 0:0`,
    `shared/mine f 644 0:0`,
    `shared/their-link l 777 3:4`,
    `shared/theirs f 4711 3:4`,
  ]);
});
