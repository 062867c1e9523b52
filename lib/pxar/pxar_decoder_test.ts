// deno-lint-ignore-file no-console
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  readVectorArchive,
  readVectorJson,
  type VectorArchive,
  vectorArchiveNames,
  type VectorEntry,
  vectorMetadata,
  vectorName,
} from "../../tests/support/pxar_vectors.ts";
import {
  latin1,
  type ReadEntry,
  readRandomly,
  readSequentially,
} from "../../tests/support/pxar_read.ts";
import { RawArchive } from "../../tests/support/raw_archive.ts";
import * as format from "./format.ts";
import { metadataEqual } from "./metadata_equal.ts";
import { PxarDecoder } from "./pxar_decoder.ts";

/** Entries of a description in stream order, the root first. */
function described(archive: VectorArchive): { path: string; entry: VectorEntry }[] {
  const list: { path: string; entry: VectorEntry }[] = [];
  const add = (entry: VectorEntry, path: string) => {
    list.push({ path, entry });
    for (const child of entry.entries ?? []) {
      if (child.type !== "inject") add(child, `${path}/${latin1(vectorName(child))}`);
    }
  };
  add({ ...archive.root, type: "dir" }, "");
  return list;
}

function assertMatches(found: ReadEntry[], archive: VectorArchive): void {
  const expected = described(archive);
  assertEquals(found.map(({ path }) => path), expected.map(({ path }) => path));
  expected.forEach(({ path, entry: wanted }, i) => {
    const { entry, content } = found[i]!;
    const kind = { dir: "directory", payload_ref: "file" }[wanted.type] ?? wanted.type;
    assertEquals(entry.kind, kind, path);
    if (wanted.target !== undefined) {
      assertEquals(new TextDecoder().decode(entry.target), wanted.target, path);
    }
    if (wanted.data_hex !== undefined) assertEquals(encodeHex(content!), wanted.data_hex, path);
    if (wanted.offset !== undefined) assertEquals(entry.payloadOffset, wanted.offset, path);
    assertEquals([entry.major, entry.minor], [wanted.major ?? 0, wanted.minor ?? 0], path);
    if (kind === "hardlink") assertEquals(entry.metadata, undefined);
    else assertEquals(metadataEqual(entry.metadata!, vectorMetadata(wanted), true), true, path);
  });
}

Deno.test("both readers find in the archives of the vectors what their descriptions say", async () => {
  let entries = 0;
  for (const name of vectorArchiveNames()) {
    const description = readVectorJson<VectorArchive>(`pxar/${name}.json`);
    const archive = readVectorArchive(name);
    for (const pieceSize of [1, 7, 100, 1 << 20]) {
      const found = await readSequentially(archive, () => pieceSize, { verify: true });
      assertMatches(found, description);
      entries += found.length;
    }
    const byPath = (a: ReadEntry, b: ReadEntry) => a.entry.position - b.entry.position;
    assertMatches((await readRandomly(archive)).sort(byPath), description);
  }
  console.log(`${vectorArchiveNames().length} archives, ${entries} entries`);
});

interface Hostile {
  cases: {
    name: string;
    required: { sequential: string; random_access: string };
    archive_hex: string;
    payload_hex?: string;
  }[];
}

async function verdict(read: () => Promise<unknown>): Promise<string> {
  try {
    await read();
    return "accept";
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    return "reject";
  }
}

Deno.test("both readers treat the hostile archives as required", async () => {
  const { cases } = readVectorJson<Hostile>("pxar-hostile.json");
  const counts: Record<string, number> = {};
  for (const { name, required, archive_hex, payload_hex } of cases) {
    const archive = {
      archive: decodeHex(archive_hex),
      payload: payload_hex === undefined ? undefined : decodeHex(payload_hex),
    };
    const found = {
      sequential: await verdict(() => readSequentially(archive)),
      sequentialBytewise: await verdict(() => readSequentially(archive, () => 1)),
      random_access: await verdict(() => readRandomly(archive)),
    };
    assertEquals(found.sequentialBytewise, found.sequential, name);
    for (const way of ["sequential", "random_access"] as const) {
      counts[required[way]] = (counts[required[way]] ?? 0) + 1;
      if (required[way] !== "either") assertEquals(found[way], required[way], `${name}, ${way}`);
    }
  }
  console.log(`${cases.length} hostile archives, required:`, counts);
});

Deno.test("PxarDecoder verifies goodbye tables when asked to", async () => {
  const archive = readVectorArchive("goodbye-n7-v1").archive;
  const table = archive.byteLength - 208;
  for (let at = table + 16; at < archive.byteLength; at++) {
    const damaged = archive.slice();
    damaged[at]! ^= 0x40;
    const streams = { archive: damaged, payload: undefined };
    await readSequentially(streams);
    await assertRejects(
      () => readSequentially(streams, () => 1 << 20, { verify: true }),
      CorruptDataError,
      "goodbye table at 721",
    );
  }
});

Deno.test("PxarDecoder tells that an archive is cut off, wherever that is", async () => {
  for (const name of ["rich-v1", "rich-v2"]) {
    const { archive, payload } = readVectorArchive(name);
    for (let length = 0; length < archive.byteLength; length++) {
      const streams = { archive: archive.subarray(0, length), payload };
      await assertRejects(() => readSequentially(streams), CorruptDataError, `ends at ${length}`);
    }
  }
});

Deno.test("PxarDecoder does not let a piece go before it is used up", () => {
  const decoder = new PxarDecoder();
  decoder.feed(readVectorArchive("goodbye-n1-v1").archive);
  assertEquals(decoder.next(), "entry");
  assertThrows(() => decoder.feed(new Uint8Array(1)), Error, "not used up");
});

Deno.test("PxarDecoder leaves contents out on request", () => {
  const { archive } = readVectorArchive("goodbye-n2-v1");
  const decoder = new PxarDecoder();
  const events: string[] = [];
  for (let start = 0; start <= archive.byteLength; start += 50) {
    for (let event = decoder.next(); event !== "need-input"; event = decoder.next()) {
      events.push(event);
      if (event === "finished") break;
      if (event === "entry") decoder.skipContent();
    }
    decoder.feed(archive.subarray(start, start + 50));
  }
  assertEquals(decoder.next(), "leave");
  assertEquals(decoder.next(), "finished");
  assertEquals(events, ["entry", "entry", "entry"]);
  assertEquals(decoder.position, archive.byteLength);
});

Deno.test("PxarDecoder does not allocate by declared sizes", () => {
  const start = decodeHex(
    "0da416df756c0f7318000000000000000200000000000000" + "1b777b9f9dd709e30000000100000000",
  );
  const decoder = new PxarDecoder();
  decoder.feed(start);
  assertEquals(decoder.next(), "need-input"); // 16 MiB - 16 of prelude are announced
  decoder.end();
  assertThrows(() => decoder.next(), CorruptDataError, "ends at 40");
  start[24 + 8] = 0x11;
  const refusing = new PxarDecoder();
  refusing.feed(start);
  assertThrows(() => refusing.next(), CorruptDataError, "PRELUDE");
});

Deno.test("PxarDecoder refuses directories nested deeper than the limit", () => {
  const root = readVectorArchive("empty-root-v1").archive.subarray(0, 56);
  const level = new Uint8Array(18 + 56);
  level.set(decodeHex("b3173906211170161200000000000000" + "6100"));
  level.set(root, 18);
  const decoder = new PxarDecoder();
  const feed = (bytes: Uint8Array) => {
    decoder.feed(bytes);
    while (decoder.next() !== "need-input");
  };
  feed(root);
  for (let depth = 1; depth <= 65537; depth++) feed(level); // the last one is not complete yet
  assertThrows(() => feed(level), CorruptDataError, "nested too deeply");
});

Deno.test("PxarDecoder goes on after content that cannot be had", () => {
  const { archive } = readVectorArchive("goodbye-n2-v1");
  const whole = new PxarDecoder();
  whole.feed(archive);
  while (whole.next() !== "entry" || whole.entry.kind !== "file");
  const { contentPosition, size } = whole.entry;
  const decoder = new PxarDecoder();
  decoder.feed(archive.subarray(0, contentPosition));
  while (decoder.next() !== "need-input");
  assertEquals([decoder.position, decoder.contentLeft], [contentPosition, size]);
  assertThrows(() => decoder.skipInput(size + 1), RangeError);
  decoder.skipInput(size);
  decoder.feed(archive.subarray(contentPosition + size));
  const events: string[] = [];
  for (let event = decoder.next(); event !== "finished"; event = decoder.next()) events.push(event);
  assertEquals(events, ["entry", "data", "leave"]);
  assertEquals(decoder.position, archive.byteLength);
});

Deno.test("PxarDecoder takes as many attributes as the kernel, and marks an entry that has more", () => {
  const xattr = (i: number) => new TextEncoder().encode(`${i}`.padStart(7, "a") + "\0v");
  const user = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0);
  const cases: [number, (i: number) => Uint8Array, most: number][] = [
    // Names of 8 bytes with their NUL, 64 KiB in all.
    [format.XATTR, xattr, 8192],
    [format.ACL_USER, () => user, 8191],
    [format.ACL_DEFAULT_GROUP, () => user, 8191],
  ];
  for (const [row, contentOf, most] of cases) {
    for (const count of [most, most + 1, 3 * most]) {
      const archive = new RawArchive().begin("f", "file");
      for (let i = 0; i < count; i++) archive.item(row, contentOf(i));
      const decoder = new PxarDecoder();
      decoder.feed(archive.item(format.PAYLOAD, new Uint8Array(0)).end());
      assertEquals([decoder.next(), decoder.next()], ["entry", "entry"]);
      const { damage, metadata } = decoder.entry;
      assertEquals(damage === undefined, count === most, `${row} ${count}`);
      const { xattrs, acl, mode } = metadata!;
      const kept = xattrs?.length ?? (acl && acl.users.length + acl.defaultGroups.length) ?? 0;
      assertEquals([kept, mode], count === most ? [most, 0o100666] : [0, 0o100600]);
    }
  }
});
