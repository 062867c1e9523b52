import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CorruptDataError, NotFoundError, PbsError } from "../../lib/errors/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { openRemoteRepository, type RemoteRepository } from "../../lib/remote/mod.ts";
import { chunkListOf } from "../support/chunk_list_of.ts";
import { answerLogin, type PeerAnswer, RemotePeer } from "../support/remote_peer.ts";
import { readChunk } from "../support/target_conformance.ts";

const snapshot: BackupSnapshot = { type: "host", id: "a", time: 1_700_000_000 };
const group = { type: "host", id: "a" } as const;

/** Every call whose answer is looked at. */
const CALLS: readonly ((repository: RemoteRepository) => Promise<unknown>)[] = [
  (repository) => repository.listGroups(""),
  (repository) => repository.listSnapshots("", group),
  (repository) => repository.listFiles("", snapshot),
  (repository) => repository.prune({ namespace: "", group, keep: { last: 1 }, dryRun: true }),
  (repository) => repository.status(),
  (repository) => repository.readNotes("", snapshot),
  (repository) => repository.isProtected("", snapshot),
  (repository) => repository.readGroupNotes("", group),
  (repository) => repository.forgetGroup("", group),
  (repository) => repository.listNamespaces(""),
  (repository) => repository.deleteNamespace("a", true),
  (repository) => repository.version(),
  (repository) => repository.identity(),
  (repository) => repository.garbageCollect(() => {}, AbortSignal.timeout(50)),
  (repository) => repository.verify({ namespace: "" }, () => {}, AbortSignal.timeout(50)),
  (repository) => repository.tasks.list({ all: true, limit: 50 }),
  (repository) => repository.tasks.follow("UPID:a", () => {}, AbortSignal.timeout(50)),
  (repository) => repository.tasks.stop("UPID:a"),
  (repository) => repository.tasks.startGroupMove({ group, from: "", to: "a" }),
  (repository) =>
    repository.moveNamespace({ from: "a", to: "b" }, () => {}, AbortSignal.timeout(50)),
];

const NAMES = [
  "backup-type",
  "backup-id",
  "backup-time",
  "backup-count",
  "last-backup",
  "files",
  "filename",
  "crypt-mode",
  "size",
  "protected",
  "verification",
  "state",
  "upid",
  "node",
  "pid",
  "pstart",
  "starttime",
  "endtime",
  "worker_type",
  "worker_id",
  "user",
  "status",
  "ns",
  "keep",
  "total",
  "used",
  "avail",
  "removed-groups",
  "exitstatus",
  "t",
  "n",
];

/** JSON that looks like an answer, here and there. */
const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("host", "vm", "ok", "none", "UPID:a", ""),
    fc.string(),
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 8 }),
  ),
})).value;

Deno.test("whatever a server answers is understood or refused with one of our errors", async () => {
  let answer: PeerAnswer = { data: null };
  await using peer = await RemotePeer.start((request) => answerLogin(request) ?? answer);
  await using repository = await openRemoteRepository({
    ...peer.options(),
    timeouts: { taskPollMs: 1 },
  });
  let understood = 0;
  await fc.assert(
    fc.asyncProperty(
      value,
      fc.dictionary(fc.constantFrom("total", "active"), value),
      fc.nat({ max: CALLS.length - 1 }),
      async (data, attributes, call) => {
        answer = { data, attributes };
        peer.requests.length = 0;
        try {
          await CALLS[call]!(repository);
          understood++;
        } catch (error) {
          if (!(error instanceof PbsError)) throw error;
          assert(error.message.length > 0);
        }
      },
    ),
    { numRuns: 400 },
  );
  assert(understood > 0);
});

Deno.test("an answer that is no JSON, or has no data, is refused", async () => {
  for (const raw of ["", "{", "[]", "7", '{"dat":1}', "\xff", "null"]) {
    await using peer = await RemotePeer.start((request) =>
      answerLogin(request) ?? { raw: new TextEncoder().encode(raw) }
    );
    await using repository = await openRemoteRepository(peer.options());
    await assertRejects(() => repository.listGroups(""), CorruptDataError);
  }
});

/** Answers on backup and reader connections. */
async function withConnections(
  inner: (path: string) => PeerAnswer | undefined,
  body: (repository: RemoteRepository) => Promise<void>,
): Promise<void> {
  await using peer = await RemotePeer.start((request) =>
    answerLogin(request) ??
      (request.protocol === "rest" ? { upgrade: true } : inner(request.path))
  );
  await using repository = await openRemoteRepository(peer.options());
  await body(repository);
}

Deno.test("a chunk of impossible length is refused before there is memory for it", async () => {
  for (const length of [0, 12, 16 * 1024 * 1024 + 45, 40 * 1024 * 1024]) {
    await withConnections(() => ({ raw: new Uint8Array(length) }), async (repository) => {
      await using source = await repository.openSnapshot("", snapshot);
      let asked = 0;
      await assertRejects(
        () =>
          source.readChunk(new Uint8Array(32), (bytes) => {
            asked++;
            return new Uint8Array(bytes);
          }),
        CorruptDataError,
        "cannot be stored in",
      );
      assertEquals(asked, 0);
    });
  }
});

Deno.test("a chunk that is not allowed or not there is said to be missing", async () => {
  for (const status of [400, 401, 403, 404]) {
    const text = `status ${status}`;
    await withConnections(() => ({ status, text }), async (repository) => {
      await using source = await repository.openSnapshot("", snapshot);
      await assertRejects(() => readChunk(source, new Uint8Array(32)), NotFoundError, text);
      await assertRejects(() => source.readFile("a.blob"), PbsError, text);
    });
  }
});

Deno.test("a server that mixes up numbers, digests or times is refused", async () => {
  const wrong: unknown[] = ["1", 1.5, {}, [], true, -0.5];
  for (const data of wrong) {
    await withConnections(() => ({ data }), async (repository) => {
      await assertRejects(
        () => repository.beginBackup({ namespace: "", snapshot }),
        CorruptDataError,
        "time of the previous snapshot",
      );
    });
    const inner = (path: string) => path === "/previous_backup_time" ? { data: null } : { data };
    await withConnections(inner, async (repository) => {
      await using target = await repository.beginBackup({ namespace: "", snapshot });
      await assertRejects(
        () => target.createIndex("dynamic", "a.didx"),
        CorruptDataError,
        "gave no number",
      );
    });
  }
  const inner = (path: string) =>
    path === "/previous_backup_time"
      ? { data: null }
      : { data: path.endsWith("_index") ? 1 : "00".repeat(32) };
  await withConnections(inner, async (repository) => {
    await using target = await repository.beginBackup({ namespace: "", snapshot });
    const writer = await target.createIndex("dynamic", "a.didx");
    const chunk = { digest: new Uint8Array(32).fill(1), size: 1, blob: new Uint8Array(13) };
    await assertRejects(() => writer.putChunk(chunk), CorruptDataError, "another digest");
  });
});

Deno.test("a server that recalls more than was asked for, or half a digest, is refused", async () => {
  for (const length of [64, 31]) {
    const inner = (path: string): PeerAnswer =>
      path === "/previous_backup_time" ? { data: null } : { raw: new Uint8Array(length) };
    await withConnections(inner, async (repository) => {
      await using target = await repository.beginBackup({ namespace: "", snapshot });
      await assertRejects(
        () => target.recallChunks!(chunkListOf({ digest: new Uint8Array(32) }), false),
        CorruptDataError,
      );
    });
  }
});
