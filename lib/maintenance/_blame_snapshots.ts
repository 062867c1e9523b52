import { encodeHex } from "../bytes/mod.ts";
import {
  type Datastore,
  type DatastoreSnapshot,
  DigestTable,
  groupsOf,
  namespacesBelow,
  readIndex,
  readManifest,
  snapshotsOf,
  updateManifest,
} from "../datastore/mod.ts";
import { describeError, LockedError, NotFoundError, PbsError } from "../errors/mod.ts";
import { type Manifest, verifyStateOf, withVerifyState } from "../manifest/mod.ts";
import { archiveKind, type TaskLog } from "../repository/mod.ts";
import type { BadFindings } from "./_bad_findings.ts";
import type { BadChunkReport } from "./maintenance_report.ts";

/** How the snapshots are told. */
export interface BlameOptions {
  readonly log: TaskLog;
  /** Task that is recorded in the manifests of failed snapshots; absent: nothing is recorded. */
  readonly upid?: string | undefined;
}

/**
 * Finds all snapshots of a datastore that name a bad chunk, whoever was looked at before, adds that to
 * their faults and records that their verification failed.
 *
 * @returns The chunks that somebody needs.
 */
export async function blameSnapshots(
  datastore: Datastore,
  findings: BadFindings,
  options: BlameOptions,
): Promise<BadChunkReport[]> {
  if (findings.chunks.size === 0) return [];
  const blame = new Blame(findings, options);
  for (const namespace of await namespacesBelow(datastore, "")) {
    for (const group of await groupsOf(datastore, namespace)) {
      for (const snapshot of await snapshotsOf(group)) await blame.lookAt(snapshot);
    }
  }
  return blame.chunks();
}

class Blame {
  readonly #digests = new DigestTable();
  readonly #named = new Map<string, string[]>();

  constructor(
    private readonly findings: BadFindings,
    private readonly options: BlameOptions,
  ) {
    for (const { digest } of findings.chunks.values()) this.#digests.set(digest, 1);
  }

  async lookAt(snapshot: DatastoreSnapshot): Promise<void> {
    let manifest: Manifest;
    try {
      manifest = await readManifest(snapshot);
    } catch (error) {
      // Unfinished, gone, or damaged, which is found otherwise.
      if (error instanceof PbsError) return;
      throw error;
    }
    let isHit = false;
    for (const { filename, cryptMode } of manifest.files) {
      if (archiveKind(filename) === "blob") continue;
      const isPlain = cryptMode !== "encrypt";
      if (await this.#lookInto(snapshot, filename, isPlain)) isHit = true;
    }
    if (isHit) await this.#record(snapshot, manifest);
  }

  async #lookInto(
    snapshot: DatastoreSnapshot,
    name: string,
    isPlain: boolean,
  ): Promise<boolean> {
    const hits = new Set<string>();
    try {
      const index = readIndex(await snapshot.datastore.files.read(snapshot.file(name)), name);
      for (let i = 0; i < index.chunkCount; i++) {
        const digest = index.digestAt(i);
        if (this.#digests.has(digest)) hits.add(encodeHex(digest));
      }
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
    }
    let isHit = false;
    for (const digest of hits) {
      const { problem, badFor } = this.findings.chunks.get(digest)!;
      if (badFor === "unencrypted archives" && !isPlain) continue;
      if (badFor === "encrypted archives" && isPlain) continue;
      isHit = true;
      const path = snapshot.fullPath;
      const named = this.#named.get(digest) ?? [];
      if (named.at(-1) !== path) named.push(path);
      this.#named.set(digest, named);
      const start = `"${name}": chunk ${digest}: `;
      const known = this.findings.snapshots.get(path) ?? [];
      if (!known.some((line) => line.startsWith(start))) {
        this.findings.addProblem(path, start + problem);
      }
    }
    return isHit;
  }

  async #record(snapshot: DatastoreSnapshot, manifest: Manifest): Promise<void> {
    const { upid, log } = this.options;
    if (upid === undefined || verifyStateOf(manifest)?.state === "failed") return;
    try {
      using _lock = await snapshot.lock("shared");
      await updateManifest(
        snapshot,
        (current) => withVerifyState(current, { upid, state: "failed" }),
      );
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      if (error instanceof NotFoundError) return;
      const level = !(error instanceof LockedError);
      const reason = describeError(error).join(": ");
      log(`cannot record the result in the manifest of "${snapshot.fullPath}": ${reason}`, level);
    }
  }

  /** Chunks that some snapshot names. */
  chunks(): BadChunkReport[] {
    return [...this.#named].map(([digest, snapshots]) => ({
      digest,
      problem: this.findings.chunks.get(digest)!.problem,
      snapshots,
    }));
  }
}
