import { assertEquals } from "@std/assert";
import { createManifest } from "./manifest.ts";
import { parseManifest, serializeManifest } from "./manifest_text.ts";
import {
  chunkUploadStatsOf,
  keyFingerprintOf,
  notesOf,
  verifyStateOf,
  withChunkUploadStats,
  withNotes,
  withUnprotected,
  withVerifyState,
} from "./unprotected.ts";

const EMPTY = createManifest({ type: "host", id: "elsa", time: 1 });

Deno.test("what is set is found again after writing and reading", () => {
  const stats = { count: 3, size: 900, compressedSize: 500, duplicates: 1 };
  const state = { upid: "UPID:x", state: "failed" } as const;
  const manifest = withVerifyState(
    withChunkUploadStats(withNotes(EMPTY, "one\ntwo"), stats),
    state,
  );
  const again = parseManifest(serializeManifest(manifest));
  assertEquals(notesOf(again), "one\ntwo");
  assertEquals(chunkUploadStatsOf(again), stats);
  assertEquals(verifyStateOf(again), state);
  assertEquals(notesOf(withNotes(again, undefined)), undefined);
  assertEquals(EMPTY.unprotected.size, 0);
});

Deno.test("what is missing or unreadable counts as not there", () => {
  for (const value of [undefined, null, 5, "x", [], new Map([["state", "maybe"]])]) {
    const verify = withUnprotected(EMPTY, "verify_state", value);
    assertEquals(verifyStateOf(verify), undefined);
    const stats = withUnprotected(EMPTY, "chunk_upload_stats", value);
    assertEquals(chunkUploadStatsOf(stats), undefined);
  }
  assertEquals(notesOf(withUnprotected(EMPTY, "notes", 5)), undefined);
  assertEquals(keyFingerprintOf(withUnprotected(EMPTY, "key-fingerprint", null)), undefined);
});
