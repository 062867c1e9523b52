import { quotePath } from "../bytes/mod.ts";
import { encodeBlob, MAX_ENCODED_CHUNK_BYTES } from "../blob/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { UsageError } from "../errors/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import type { ArchiveSpec } from "./backup_request.ts";
import { collectOutput } from "./_source_command.ts";
import { readSource } from "./_source_file.ts";

/** More does not fit into a blob, however well it compresses. */
const LIMIT_BYTES = MAX_ENCODED_CHUNK_BYTES * 8;

/** Stores a small file whole (spec: client-pipeline.md §1.3). */
export async function storeBlobArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
): Promise<void> {
  const started = performance.now();
  const content = spec.command === undefined
    ? await readSource(spec.readPath ?? spec.path, LIMIT_BYTES, run.signal)
    : await collectOutput(spec.command, LIMIT_BYTES, run.signal);
  const encrypting = run.request.crypt?.mode === "encrypt" ? run.request.crypt.config : undefined;
  const blob = await encodeBlob(content, {
    compress: true,
    ...(encrypting === undefined ? {} : { encryptionKey: encrypting.encryptionKey }),
  });
  if (blob.byteLength > MAX_ENCODED_CHUNK_BYTES) {
    throw new UsageError(
      `${quotePath(spec.path)} is too large for a ${spec.kind} file: ${blob.byteLength} bytes ` +
        `encoded, at most ${MAX_ENCODED_CHUNK_BYTES} are possible`,
    );
  }
  await run.target.uploadBlob(serverName, blob);
  if (run.request.skipIfUnchanged) run.blobContents.set(serverName, content);
  const progress = run.observer.progress;
  progress.bytesRead += content.byteLength;
  progress.bytesNew += content.byteLength;
  progress.bytesStored += blob.byteLength;
  progress.bytesUploaded += content.byteLength;
  run.add({ filename: serverName, size: blob.byteLength, checksum: sha256(blob) }, {
    name: serverName,
    sizeBytes: content.byteLength,
    newBytes: content.byteLength,
    reusedBytes: 0,
    storedBytes: blob.byteLength,
    addedBytes: run.target.tellsDuplicates ? blob.byteLength : undefined,
    chunkCount: 0,
    knownChunkCount: 0,
    injectedBytes: 0,
    injectedChunkCount: 0,
    seconds: (performance.now() - started) / 1000,
  });
}
