import { assertEquals, assertThrows } from "@std/assert";
import { S_IFDIR } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { bytes, DIRECTORY, FILE, metadata } from "../../tests/support/extract_fixture.ts";
import type { ExtractSink } from "./extract_sink.ts";
import { MatchEntry } from "./match_entry.ts";
import { SelectiveExtractor, type SelectiveExtractorOptions } from "./selective_extractor.ts";
import { TreeExtractor } from "./tree_extractor.ts";

/** Writes down what it is told. */
class Recorder implements ExtractSink {
  readonly made: string[] = [];
  readonly #path: string[] = [];

  #add(name: Uint8Array, suffix = ""): void {
    this.made.push([...this.#path, new TextDecoder().decode(name)].join("/") + suffix);
  }

  root(): void {}
  enterDirectory(name: Uint8Array): void {
    this.#add(name, "/");
    this.#path.push(new TextDecoder().decode(name));
  }
  leaveDirectory(): void {
    if (this.#path.pop() === undefined) throw new Error("left too often");
  }
  beginFile(name: Uint8Array): boolean {
    this.#add(name);
    return true;
  }
  data(_offset: number, length: number): void {
    this.made.push(`${length} bytes`);
  }
  endFile(): void {}
  dropFile(): void {
    this.made.push("dropped");
  }
  symlink(name: Uint8Array): void {
    this.#add(name, "@");
  }
  hardlink(name: Uint8Array, target: Uint8Array): void {
    this.#add(name, ` => ${new TextDecoder().decode(target)}`);
  }
  device(name: Uint8Array): void {
    this.#add(name, "#");
  }
  fifo(name: Uint8Array): void {
    this.#add(name, "|");
  }
  socket(name: Uint8Array): void {
    this.#add(name, "=");
  }
}

type Tree = { [name: string]: Tree | string };

const TREE: Tree = {
  "etc": { "passwd": "12", "ssh": { "keys": { "host.key": "3", "host.pub": "4" }, "empty": {} } },
  "home": { "a": { "mail": "5" }, "b": { "mail": "", "void": {} } },
  "top.key": "1",
};

function feed(sink: ExtractSink, tree: Tree): void {
  for (const [name, child] of Object.entries(tree)) {
    if (typeof child === "string") {
      if (sink.beginFile(bytes(name), FILE, child.length)) sink.data(0, child.length);
      sink.endFile();
    } else {
      sink.enterDirectory(bytes(name), DIRECTORY);
      feed(sink, child);
      sink.leaveDirectory();
    }
  }
}

function select(patterns: string[], options?: SelectiveExtractorOptions): {
  recorder: Recorder;
  extractor: SelectiveExtractor;
} {
  const list = patterns.map((pattern) => new MatchEntry(bytes(pattern), "include"));
  const recorder = new Recorder();
  return { recorder, extractor: new SelectiveExtractor(recorder, list, options) };
}

function selected(...patterns: string[]): string[] {
  const { recorder, extractor } = select(patterns);
  feed(extractor, TREE);
  return recorder.made.filter((line) => !line.endsWith("bytes"));
}

Deno.test("SelectiveExtractor without patterns passes everything on", () => {
  assertEquals(selected().length, 14);
});

Deno.test("SelectiveExtractor makes the parents of what is selected, once and only then", () => {
  assertEquals(selected("*.key"), [
    "etc/",
    "etc/ssh/",
    "etc/ssh/keys/",
    "etc/ssh/keys/host.key",
    "top.key",
  ]);
  assertEquals(selected("/home/b/mail"), ["home/", "home/b/", "home/b/mail"]);
  assertEquals(selected("nothing"), []);
});

Deno.test("SelectiveExtractor includes what is below a selected directory", () => {
  assertEquals(selected("/etc/ssh"), [
    "etc/",
    "etc/ssh/",
    "etc/ssh/keys/",
    "etc/ssh/keys/host.key",
    "etc/ssh/keys/host.pub",
    "etc/ssh/empty/",
  ]);
});

Deno.test("SelectiveExtractor makes an empty directory that is selected by its own pattern", () => {
  assertEquals(selected("/etc/ssh/empty"), ["etc/", "etc/ssh/", "etc/ssh/empty/"]);
  assertEquals(selected("void/"), ["home/", "home/b/", "home/b/void/"]);
});

Deno.test("SelectiveExtractor lets nested patterns flip the selection again", () => {
  assertEquals(selected("/etc", "!keys", "host.pub"), [
    "etc/",
    "etc/passwd",
    "etc/ssh/",
    "etc/ssh/keys/",
    "etc/ssh/keys/host.pub",
    "etc/ssh/empty/",
  ]);
});

Deno.test("SelectiveExtractor passes data on only for selected files", () => {
  const { recorder, extractor } = select(["passwd"]);
  extractor.enterDirectory(bytes("etc"), DIRECTORY);
  assertEquals(extractor.beginFile(bytes("other"), FILE, 3), false);
  extractor.data(0, 3);
  extractor.endFile();
  assertEquals(extractor.beginFile(bytes("passwd"), FILE, 2), true);
  extractor.data(0, 2);
  extractor.endFile();
  extractor.leaveDirectory();
  assertEquals(recorder.made, ["etc/", "etc/passwd", "2 bytes"]);
  assertThrows(() => extractor.leaveDirectory(), RangeError);
});

Deno.test("SelectiveExtractor asks what to do for a link whose target is not selected", () => {
  const asked: string[] = [];
  const { recorder, extractor } = select(["/b", "/a/in"], {
    onUnselectedTarget: (name, target) => {
      asked.push(`${new TextDecoder().decode(name)} => ${new TextDecoder().decode(target)}`);
    },
  });
  feed(extractor, { "a": { "in": "x", "out": "y" } });
  extractor.enterDirectory(bytes("b"), DIRECTORY);
  extractor.hardlink(bytes("one"), bytes("a/in"));
  extractor.hardlink(bytes("two"), bytes("a/out"));
  extractor.hardlink(bytes("three"), bytes("b/other"));
  extractor.leaveDirectory();
  extractor.hardlink(bytes("unselected"), bytes("a/out"));
  assertEquals(asked, ["two => a/out"]);
  assertEquals(recorder.made.slice(-2), ["b/one => a/in", "b/three => b/other"]);
});

Deno.test("SelectiveExtractor makes lazy parents with their own metadata", async () => {
  await using dir = await TempDir.make();
  {
    await using inner = TreeExtractor.open(dir.path, {});
    const extractor = new SelectiveExtractor(inner, [new MatchEntry(bytes("file"), "include")]);
    extractor.root(metadata(S_IFDIR | 0o701));
    extractor.enterDirectory(bytes("left-out"), DIRECTORY);
    extractor.leaveDirectory();
    extractor.enterDirectory(bytes("outer"), metadata(S_IFDIR | 0o711, { mtimeSecs: 1 }));
    extractor.enterDirectory(bytes("inner"), metadata(S_IFDIR | 0o722, { mtimeSecs: 2 }));
    if (extractor.beginFile(bytes("file"), FILE, 1)) inner.inlineData(bytes("x"));
    extractor.endFile();
    extractor.leaveDirectory();
    extractor.leaveDirectory();
    await inner.finish();
  }
  const look = async (path: string) => {
    const { mode, mtime } = await Deno.stat(`${dir.path}/${path}`);
    return [mode! & 0o7777, Math.floor(mtime!.getTime() / 1000)];
  };
  assertEquals(Array.from(Deno.readDirSync(dir.path), ({ name }) => name), ["outer"]);
  assertEquals(await look(""), [0o701, 1_600_000_000]);
  assertEquals(await look("outer"), [0o711, 1]);
  assertEquals(await look("outer/inner"), [0o722, 2]);
});
