import { assertThrows } from "@std/assert";
import { encodeBlob } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { createManifest, type ManifestFile } from "./manifest.ts";
import { checkManifestOf, verifyBlob, verifyIndex } from "./verify_file.ts";

Deno.test("verifyIndex() compares the size first, then the checksum", () => {
  const checksum = sha256();
  const file: ManifestFile = { filename: "a.didx", cryptMode: "none", size: 30, checksum };
  verifyIndex(file, { size: 30, checksum });
  const other = new Uint8Array(32);
  assertThrows(
    () => verifyIndex(file, { size: 31, checksum: other }),
    CorruptDataError,
    'wrong size of file "a.didx": 31 instead of 30 bytes',
  );
  assertThrows(
    () => verifyIndex(file, { size: 30, checksum: other }),
    CorruptDataError,
    'wrong checksum of file "a.didx"',
  );
});

Deno.test("verifyBlob() covers the raw blob, header included", async () => {
  const blob = await encodeBlob(new Uint8Array(100), { compress: true });
  const file: ManifestFile = {
    filename: "a.blob",
    cryptMode: "none",
    size: blob.byteLength,
    checksum: sha256(blob),
  };
  verifyBlob(file, blob);
  for (let i = 0; i < blob.byteLength; i++) {
    const changed = blob.slice();
    changed[i]! ^= 1;
    assertThrows(() => verifyBlob(file, changed), CorruptDataError, "wrong checksum");
  }
  assertThrows(() => verifyBlob(file, blob.subarray(1)), CorruptDataError, "wrong size");
});

Deno.test("checkManifestOf() refuses the manifest of another snapshot and names both", () => {
  const snapshot = { type: "host", id: "elsa", time: 1700000000 } as const;
  const manifest = createManifest(snapshot);
  checkManifestOf(manifest, { ...snapshot });
  for (const change of [{ type: "ct" as const }, { id: "anna" }, { time: 1700000001 }]) {
    assertThrows(
      () => checkManifestOf(manifest, { ...snapshot, ...change }),
      CorruptDataError,
      'belongs to "host/elsa/2023-11-14T22:13:20Z"',
    );
  }
  const far = createManifest({ ...snapshot, time: 2 ** 53 - 1 });
  assertThrows(() => checkManifestOf(far, snapshot), CorruptDataError, "9007199254740991");
});
