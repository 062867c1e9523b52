import { assert, assertEquals, assertThrows } from "@std/assert";
import { createCryptConfig, sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { foundPaths } from "./_found_names.ts";
import { decodeNameBlock, encodeNameBlock } from "./_name_block.ts";
import { NameHits } from "./_name_hits.ts";
import { NameTreeBuilder } from "./_name_tree_builder.ts";
import { NamePattern } from "./name_pattern.ts";
import { NameShelf } from "./name_shelf.ts";

/** A directory: sizes of files, and directories. */
interface Tree {
  [name: string]: number | Tree;
}

const encoder = new TextEncoder();

function addTree(builder: NameTreeBuilder, tree: Tree): void {
  for (const [name, value] of Object.entries(tree)) {
    if (typeof value === "number") {
      builder.add({ type: "f", name: encoder.encode(name), size: value, mtimeSecs: 7 * value });
      continue;
    }
    builder.enter(encoder.encode(name));
    addTree(builder, value);
    builder.leave();
  }
}

const checksumOf = (number: number) => sha256(Uint8Array.of(number));

/** Adds trees as archives, each called by its number. */
function fill(shelf: NameShelf, trees: readonly Tree[], first = 0): void {
  const builder = new NameTreeBuilder();
  for (const block of shelf.blocks()) builder.load(block);
  for (const [i, tree] of trees.entries()) {
    builder.begin();
    addTree(builder, tree);
    const { root, block } = builder.finish();
    shelf.add(block, root, checksumOf(first + i));
  }
}

/** Paths that match and their sizes, with the numbers of the trees that have them. */
function search(shelf: NameShelf, pattern: string, count: number): string[] {
  const compiled = new NamePattern(pattern);
  const hits = new NameHits({ pattern: compiled });
  for (const block of shelf.blocks()) hits.search(block);
  const roots = Array.from({ length: count }, (_, i) => ({
    hits,
    listing: shelf.rootOf(checksumOf(i))!,
    snapshots: [i],
  }));
  const found = foundPaths(roots, (path, type) => compiled.matches(path, type));
  return [...found].flatMap(({ path, versions }) =>
    versions.map(({ type, size, snapshots }) =>
      `${new TextDecoder().decode(path)} ${type}${size} ${snapshots}`
    )
  ).toSorted();
}

/** The same, by looking at every tree. */
function searchSlowly(trees: readonly Tree[], pattern: string): string[] {
  const compiled = new NamePattern(pattern);
  const found = new Map<string, number[]>();
  const walk = (tree: Tree, prefix: string, number: number) => {
    for (const [name, value] of Object.entries(tree)) {
      const [type, size] = typeof value === "number" ? ["f", value] : ["d", 0];
      if (compiled.matches(encoder.encode(prefix + name), String(type))) {
        const key = `${prefix}${name} ${type}${size}`;
        found.set(key, [...found.get(key) ?? [], number]);
      }
      if (typeof value !== "number") walk(value, `${prefix}${name}/`, number);
    }
  };
  for (const [number, tree] of trees.entries()) walk(tree, "", number);
  return [...found].map(([key, numbers]) => `${key} ${numbers}`).toSorted();
}

/** A sequence of trees, each a little different from the one before. */
function makeTrees(count: number): Tree[] {
  let state = 12345;
  const random = (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % limit;
  };
  const make = (depth: number): Tree => {
    const tree: Tree = {};
    for (let i = 0; i < 30; i++) {
      const isFolder = depth > 0 && random(8) === 0;
      tree[`${"abcde"[random(5)]}${random(100)}`] = isFolder ? make(depth - 1) : random(9);
    }
    return tree;
  };
  const edit = (tree: Tree): void => {
    const names = Object.keys(tree);
    const name = names[random(names.length)] ?? "new";
    const value = tree[name];
    if (typeof value === "object" && random(5) > 0) edit(value);
    else if (random(3) === 0) delete tree[name];
    else tree[`${"abcde"[random(5)]}${random(100)}`] = random(12) === 0 ? make(0) : random(9);
  };
  const trees = [make(3)];
  for (let i = 1; i < count; i++) {
    const next = structuredClone(trees.at(-1)!);
    for (let edits = random(6); edits > 0; edits--) edit(next);
    trees.push(next);
  }
  return trees;
}

const PATTERNS = ["a1*", "*", "b?", "[ac]7", "e*/", "/a*/b*", "b*/c*", "/**/d1*", "none"];

Deno.test("names that are shared are found as in every tree by itself", () => {
  const trees = makeTrees(40);
  const shelf = new NameShelf();
  fill(shelf, trees.slice(0, 25));
  // As the next process finds it.
  const again = NameShelf.parse(shelf.toBytes());
  fill(again, trees.slice(25), 25);
  for (const pattern of PATTERNS) {
    const expected = searchSlowly(trees, pattern);
    assertEquals(expected.length > 0, pattern !== "none", pattern);
    assertEquals(search(again, pattern, trees.length), expected, pattern);
  }
});

Deno.test("an archive that differs little costs little, and one that does not only its block", () => {
  const tree: Tree = {};
  for (let i = 0; i < 2000; i++) tree[`file ${i}`] = i;
  const shelf = new NameShelf();
  fill(shelf, [{ folder: tree }]);
  const first = shelf.byteLength;
  fill(shelf, [{ folder: tree }], 1);
  assert(shelf.byteLength - first < 150, `${shelf.byteLength - first}`);
  const second = shelf.byteLength;
  fill(shelf, [{ folder: { ...tree, "file 7": 9999 } }], 2);
  assert(shelf.byteLength - second < first / 10, `${shelf.byteLength - second} of ${first}`);
});

Deno.test("any change of a file of names is noticed", () => {
  const shelf = new NameShelf();
  fill(shelf, makeTrees(3));
  const bytes = shelf.toBytes();
  assertEquals(search(NameShelf.parse(bytes), "a*", 3), search(shelf, "a*", 3));
  for (let at = 0; at < bytes.length; at += 7) {
    const changed = bytes.slice();
    changed[at]! ^= 0x10;
    assertThrows(() => NameShelf.parse(changed), CorruptDataError);
  }
  for (let length = 1; length < bytes.length; length += 13) {
    const cut = bytes.slice(0, length);
    let names: NameShelf;
    try {
      names = NameShelf.parse(cut);
    } catch (error) {
      assert(error instanceof CorruptDataError);
      continue;
    }
    // Cut between blocks: what is left is right.
    assertEquals(names.rootOf(checksumOf(2)), undefined);
    assert([...names.blocks()].length < 3);
  }
});

Deno.test("names of encrypted archives are in no file, and need their key", async () => {
  const crypt = await createCryptConfig(new Uint8Array(32).fill(1));
  const shelf = new NameShelf(crypt);
  fill(shelf, [{ "a name that is secret": 1 }]);
  const bytes = shelf.toBytes();
  assert(!new TextDecoder("latin1").decode(bytes).includes("secret"));
  assertEquals(search(NameShelf.parse(bytes, crypt), "*secret", 1), ["a name that is secret f1 0"]);
  const other = await createCryptConfig(new Uint8Array(32).fill(2));
  for (const wrong of [other, undefined]) {
    assertThrows(() => [...NameShelf.parse(bytes, wrong).blocks()], CorruptDataError);
  }
});

Deno.test("decodeNameBlock() refuses what leads elsewhere", () => {
  const builder = new NameTreeBuilder();
  builder.begin();
  addTree(builder, { folder: { file: 1 }, other: 2 });
  const { block } = builder.finish();
  const none = { segments: 0, listings: 0 };
  assertEquals(decodeNameBlock(encodeNameBlock(block), none), block);
  const refuse = (change: Partial<typeof block>, message: string) =>
    assertThrows(
      () => decodeNameBlock(encodeNameBlock({ ...block, ...change }), none),
      CorruptDataError,
      message,
    );
  refuse({ children: block.children.map((child) => child && 2) }, "listing that comes later");
  refuse(
    { references: block.references.map((number) => number && number + 5) },
    "segment that comes later",
  );
  refuse({ references: block.references.map(() => 0) }, "more than it refers to");
  refuse({ types: block.types.map(() => 0x78) }, "unknown type");
  refuse({ sizes: block.sizes.map(() => NaN) }, "numbers that are none");
  refuse({ nameLengths: block.nameLengths.map(() => 0) }, "name of no bytes");
  refuse({ nameLengths: block.nameLengths.map(() => 9) }, "other names");
  refuse({ segments: block.segments.map(() => 9) }, "lacks entries");
  assertThrows(() => decodeNameBlock(new Uint8Array(8), none), CorruptDataError, "cut off");
  const bytes = encodeNameBlock(block);
  assertThrows(() => decodeNameBlock(bytes.subarray(1), none), CorruptDataError);
  assertThrows(() => decodeNameBlock(bytes.subarray(0, bytes.length - 1), none), CorruptDataError);
});
