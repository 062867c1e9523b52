// deno-lint-ignore-file no-console
import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import { PxarMemorySink } from "../../tests/support/pxar_memory_sink.ts";
import {
  encodeVector,
  readVectorArchive,
  readVectorJson,
  type VectorArchive,
  vectorArchiveNames,
} from "../../tests/support/pxar_vectors.ts";
import type { EntryMetadata } from "./metadata.ts";
import { PxarEncoder } from "./pxar_encoder.ts";

Deno.test("PxarEncoder reproduces the archives of the vectors byte for byte", () => {
  let count = 0;
  for (const name of vectorArchiveNames()) {
    if (name === "legacy-entry-v1") continue; // written with ENTRY_V1, which is only ever read
    const encoded = encodeVector(readVectorJson<VectorArchive>(`pxar/${name}.json`));
    const expected = readVectorArchive(name);
    assertEquals(encodeHex(encoded.archive), encodeHex(expected.archive), name);
    assertEquals(
      encoded.payload && encodeHex(encoded.payload),
      expected.payload && encodeHex(expected.payload),
      name,
    );
    count++;
  }
  console.log(`${count} archives`);
  assertEquals(count, vectorArchiveNames().length - 1);
});

const common = { uid: 0, gid: 0, mtimeSecs: 0, mtimeNanos: 0, flags: 0 };
const directory: EntryMetadata = { mode: 0o40755, ...common };
const file: EntryMetadata = { mode: 0o100644, ...common };
const bytes = (text: string) => new TextEncoder().encode(text);

function started(split = false): PxarEncoder {
  const encoder = new PxarEncoder(new PxarMemorySink(), split ? new PxarMemorySink() : undefined);
  encoder.startArchive(directory);
  return encoder;
}

Deno.test("PxarEncoder refuses names the format does not allow", () => {
  const encoder = started();
  for (const name of ["", ".", "..", "a/b", "/", "a\0b", "x".repeat(4097)]) {
    assertThrows(() => encoder.addFifo(bytes(name), { ...file, mode: 0o10644 }), PbsError, "name");
  }
  assertEquals(encoder.position, 56);
  for (const name of ["...", ".a", "..a", "a\\b", "\n", "x".repeat(4096)]) {
    encoder.addFileBytes(bytes(name), file, new Uint8Array());
  }
  encoder.finish();
});

Deno.test("PxarEncoder refuses a mode that does not fit the kind of entry", () => {
  const encoder = started();
  const name = bytes("a");
  assertThrows(() => encoder.addFileBytes(name, directory, name), PbsError, "040755");
  assertThrows(() => encoder.enterDirectory(name, file), PbsError, "directory");
  assertThrows(() => encoder.addSymlink(name, file, name), PbsError, "symlink");
  assertThrows(() => encoder.addDevice(name, file, 1, 3), PbsError, "device");
  assertThrows(() => encoder.addFifo(name, file), PbsError, "fifo");
  assertThrows(() => encoder.addSocket(name, file), PbsError, "socket");
  assertThrows(() => new PxarEncoder(new PxarMemorySink()).startArchive(file), PbsError, "root");
});

Deno.test("PxarEncoder refuses attributes and targets beyond their limits", () => {
  const encoder = started();
  const name = bytes("a");
  const withXattr = (name: Uint8Array, size: number): EntryMetadata => ({
    ...file,
    xattrs: [{ name, value: new Uint8Array(size) }],
  });
  const longest = bytes(`user.${"x".repeat(250)}`);
  assertThrows(
    () => encoder.addFileBytes(name, withXattr(longest, 65536), name),
    PbsError,
    "user.x",
  );
  encoder.addFileBytes(name, withXattr(longest, 65535), name);
  assertThrows(() => encoder.addFileBytes(name, withXattr(bytes(""), 1), name), PbsError, "empty");
  assertThrows(() => encoder.addFileBytes(name, withXattr(bytes("a\0"), 1), name), PbsError, "NUL");
  const link = { ...file, mode: 0o120777 };
  assertThrows(() => encoder.addSymlink(name, link, new Uint8Array()), PbsError, "SYMLINK");
  assertThrows(() => encoder.addSymlink(name, link, new Uint8Array(4097).fill(97)), PbsError);
  assertThrows(() => encoder.addSymlink(name, link, bytes("a\0")), PbsError, "NUL");
  assertThrows(
    () => encoder.addFileBytes(name, { ...file, mtimeNanos: 1e9 }, name),
    PbsError,
    "ns",
  );
  assertThrows(
    () => encoder.addFileBytes(name, { ...file, mtimeSecs: 0.5 }, name),
    PbsError,
    "s and",
  );
  const acl = {
    users: [{ id: 1, permissions: 8 }],
    groups: [],
    defaultUsers: [],
    defaultGroups: [],
  };
  assertThrows(() => encoder.addFileBytes(name, { ...file, acl }, name), PbsError, "8");
});

Deno.test("PxarEncoder refuses hard links that do not lead back to a plain path", () => {
  const encoder = started();
  const target = encoder.addFileBytes(bytes("a"), file, bytes("x"));
  for (const path of ["", "/a", "a/", "a//b", "./a", "a/..", "a\0"]) {
    assertThrows(() => encoder.addHardlink(bytes("b"), bytes(path), target), PbsError, "target");
  }
  assertThrows(() => encoder.addHardlink(bytes("b"), bytes("a"), encoder.position), PbsError);
  encoder.addHardlink(bytes("b"), bytes("a"), target);
});

Deno.test("PxarEncoder insists on exactly the announced content", () => {
  const encoder = started();
  encoder.beginFile(bytes("a"), file, 3);
  encoder.writeContent(bytes("ab"));
  assertThrows(
    () => encoder.writeContent(bytes("cd")),
    PbsError,
    "exceeds its announced size by 1",
  );
  assertThrows(() => encoder.addFileBytes(bytes("b"), file, bytes("")), PbsError, "1 bytes short");
  assertThrows(() => encoder.finish(), PbsError, "1 bytes short");
  encoder.writeContent(bytes("c"));
  encoder.finish();
  assertThrows(() => encoder.finish(), PbsError, "finished");
});

Deno.test("PxarEncoder keeps the order of its calls", () => {
  const encoder = new PxarEncoder(new PxarMemorySink());
  assertThrows(
    () => encoder.addFifo(bytes("a"), { ...file, mode: 0o10644 }),
    PbsError,
    "not started",
  );
  assertThrows(() => encoder.startArchive(directory, bytes("{}")), PbsError, "prelude");
  encoder.startArchive(directory);
  assertThrows(() => encoder.startArchive(directory), PbsError, "before");
  assertThrows(() => encoder.leaveDirectory(), PbsError, "root");
  encoder.enterDirectory(bytes("d"), directory);
  assertThrows(() => encoder.finish(), PbsError, "1 directories");
  encoder.leaveDirectory();
  encoder.finish();
});

Deno.test("PxarEncoder keeps payload references strictly increasing", () => {
  const encoder = started(true);
  assertThrows(() => encoder.addReusedFile(bytes("a"), file, 15, 1), PbsError, "before 16");
  encoder.addReusedFile(bytes("a"), file, 40, 1);
  assertThrows(() => encoder.addReusedFile(bytes("b"), file, 40, 1), PbsError, "after 40");
  assertThrows(() => encoder.addFileBytes(bytes("b"), file, bytes("x")), PbsError, "after 40");
  encoder.advancePayload(41);
  assertThrows(() => encoder.addReusedFile(bytes("b"), file, 56, 1), PbsError, "before 57");
  assertThrows(() => encoder.advancePayload(-1), PbsError, "-1");
  encoder.addFileBytes(bytes("b"), file, bytes("x"));
  assertEquals(encoder.payloadPosition, 57 + 17);
  assertThrows(() => started().addReusedFile(bytes("a"), file, 40, 1), PbsError, "version 1");
  assertThrows(() => started().advancePayload(1), PbsError, "version 1");
});

Deno.test("PxarEncoder refuses paths no reader would accept", () => {
  const encoder = started();
  const name = new Uint8Array(4096).fill(97);
  for (let i = 0; i < 255; i++) encoder.enterDirectory(name, directory);
  assertThrows(() => encoder.enterDirectory(name, directory), PbsError, "too deeply");
});
