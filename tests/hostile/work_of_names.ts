import { decodeNameBlock, encodeNameBlock, type NameBlock } from "../../lib/search/_name_block.ts";
import { NameHits } from "../../lib/search/_name_hits.ts";
import { NameTreeBuilder } from "../../lib/search/_name_tree_builder.ts";
import { NamePattern } from "../../lib/search/name_pattern.ts";
import { NameShelf } from "../../lib/search/name_shelf.ts";
import { byteCases, bytesOf, type ParserCases } from "./work_case.ts";

const NOTHING = { segments: 0, listings: 0 };

/** A block of so many entries, as archives make them. */
function blockOf(entries: number, isDeep: boolean): NameBlock {
  const builder = new NameTreeBuilder();
  builder.begin();
  for (let i = 0; i < entries; i++) {
    if (isDeep && i % 3 === 0) builder.enter(bytesOf(`folder ${i}`));
    else builder.add({ type: "f", name: bytesOf(`file ${i}`), size: i, mtimeSecs: i });
  }
  return builder.finish().block;
}

/** Many listings that all have the same segment. */
function sharedBlock(listings: number): NameBlock {
  return {
    ...blockOf(1, false),
    listings: new Uint32Array(listings).fill(1),
    references: new Uint32Array(listings),
  };
}

function readBlock(bytes: Uint8Array): void {
  const block = decodeNameBlock(bytes, NOTHING);
  new NameHits({ pattern: new NamePattern("*e 1*") }).search(block);
  new NameTreeBuilder().load(block);
}

function readShelf(bytes: Uint8Array): void {
  for (const block of NameShelf.parse(bytes).blocks()) {
    new NameHits({ pattern: new NamePattern("*") }).search(block);
  }
}

/** Parsers of names that are kept for searches. */
export const NAME_PARSERS: ParserCases = {
  "lib/search/_name_block.ts decodeNameBlock": {
    ...byteCases((bytes) => readBlock(bytes)),
    "a real one": (n) => {
      const bytes = encodeNameBlock(blockOf(n >> 5, false));
      return () => readBlock(bytes);
    },
    "deep": (n) => {
      const bytes = encodeNameBlock(blockOf(n >> 5, true));
      return () => readBlock(bytes);
    },
    "one segment everywhere": (n) => {
      const bytes = encodeNameBlock(sharedBlock(n >> 3));
      return () => readBlock(bytes);
    },
    "in a file": (n) => {
      const shelf = new NameShelf();
      shelf.add(blockOf(n >> 5, true), 0);
      const bytes = shelf.toBytes();
      return () => readShelf(bytes);
    },
    "a file of many blocks": (n) => {
      const shelf = new NameShelf();
      const builder = new NameTreeBuilder();
      for (let i = 0; i < n >> 8; i++) {
        builder.begin();
        builder.add({ type: "f", name: bytesOf(`file ${i}`), size: i, mtimeSecs: i });
        const { block, root } = builder.finish();
        shelf.add(block, root);
      }
      const bytes = shelf.toBytes();
      return () => readShelf(bytes);
    },
  },
};
