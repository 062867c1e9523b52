import { assert, assertEquals, assertRejects } from "@std/assert";
import { decodeHex } from "../../lib/bytes/mod.ts";
import type {
  BackupSnapshot,
  BackupTarget,
  BackupType,
  IndexKind,
  IndexWriter,
  SnapshotSource,
} from "../../lib/repository/mod.ts";
import { openRemoteRepository, type RemoteRepository } from "../../lib/remote/mod.ts";
import {
  readRecordings,
  type RecordedExchange,
  type Recording,
} from "../support/recorded_exchanges.ts";
import { type PeerAnswer, type ReceivedRequest, RemotePeer } from "../support/remote_peer.ts";

const recordings = readRecordings();
const museum: BackupSnapshot = { type: "host", id: "museum", time: 1700000000 };

/** The same request, as far as a server can tell. */
function key(request: RecordedExchange | ReceivedRequest): string {
  const { protocol, method, path } = request;
  const parameters = Object.entries(request.parameters)
    // The record masks nothing of these, but ours is another password.
    .map(([name, value]) => [name, path === "/access/ticket" && name === "password" ? "" : value])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return JSON.stringify([protocol, method, path, parameters]);
}

/** Answers from a recording; each exchange is used once. */
function scriptOf(recording: Recording): {
  script: (request: ReceivedRequest) => PeerAnswer | undefined;
  pairs: (readonly [RecordedExchange, ReceivedRequest])[];
  unused: () => string[];
} {
  const open = [...recording.exchanges];
  const pairs: (readonly [RecordedExchange, ReceivedRequest])[] = [];
  return {
    pairs,
    unused: () => open.map(key),
    script: (request) => {
      const at = open.findIndex((exchange) => key(exchange) === key(request));
      const exchange = open[at];
      if (exchange === undefined) return undefined;
      open.splice(at, 1);
      pairs.push([exchange, request]);
      if (exchange.status === 101) return { upgrade: true };
      const text = () => new TextDecoder().decode(exchange.answer);
      if (exchange.status !== 200) return { status: exchange.status, text: text() };
      if (/download|previous$|chunk$/.test(request.path) && request.method === "GET") {
        return { raw: exchange.answer };
      }
      if (exchange.path.endsWith("/log")) return logAnswer(exchange, open);
      if (exchange.answer.every((byte) => byte === 0)) return { data: [] };
      const { data, ...attributes } = JSON.parse(text());
      return { data, attributes };
    },
  };
}

/** Part of a task log; where the record has only its length, as many lines as were asked for next. */
function logAnswer(
  { parameters, answer }: RecordedExchange,
  following: readonly RecordedExchange[],
): PeerAnswer {
  const text = new TextDecoder().decode(answer);
  if (!text.startsWith("\0")) {
    const { data, ...attributes } = JSON.parse(text);
    return { data, attributes };
  }
  const start = Number(parameters["start"]);
  const next = following.find(({ path }) => path.endsWith("/log"))?.parameters["start"];
  const end = next === undefined ? start + 10 : Number(next);
  const lines = Array.from({ length: end - start }, (_, i) => ({
    n: start + i,
    t: `2026-11-21T12:23:10+00:00: ${next === undefined && i === 9 ? "TASK OK" : `line ${i}`}`,
  }));
  return { data: lines, attributes: { total: end - 1, active: next !== undefined, success: 1 } };
}

/** Plays a recording with the body's calls; compares every request with the recorded one. */
async function play(
  recording: Recording,
  body: (repository: RemoteRepository, log: string[]) => Promise<void>,
): Promise<void> {
  const { script, pairs, unused } = scriptOf(recording);
  await using peer = await RemotePeer.start(script);
  const isToken = !recording.exchanges.some(({ path }) => path === "/access/ticket");
  const log: string[] = [];
  const datastore = /datastore\/([^/]+)/.exec(recording.exchanges.at(-1)!.path)?.[1] ?? "gold1";
  await using repository = await openRemoteRepository({
    ...peer.options(),
    address: {
      kind: "server",
      authId: isToken ? "test@pbs!tok1" : "test@pbs",
      host: "127.0.0.1",
      port: peer.port,
      datastore,
    },
    log: (_level, line) => log.push(line),
    timeouts: { taskPollMs: 1 },
  });
  await body(repository, log);
  assertEquals(unused(), [], `${recording.name}: requests that were not made`);
  assertEquals(
    peer.requests.length,
    recording.exchanges.length,
    `${recording.name}: other requests than recorded`,
  );
  for (const [exchange, request] of pairs) assertSameForm(exchange, request, recording.name);
}

/** Header fields and body. */
function assertSameForm(exchange: RecordedExchange, request: ReceivedRequest, name: string): void {
  const what = `${name}: ${exchange.method} ${exchange.path}`;
  const fields = (headers: Readonly<Record<string, string>>) =>
    Object.keys(headers).filter((field) => !field.startsWith(":") && field !== "content-length")
      .sort();
  assertEquals(fields(request.headers), fields(exchange.headers), what);
  assertEquals(request.headers["content-type"], exchange.headers["content-type"], what);
  if (exchange.path === "/access/ticket") return;
  // Without a body there is no length either; HTTP/2 need not announce one.
  if (exchange.protocol === "rest") {
    assertEquals("content-length" in request.headers, "content-length" in exchange.headers, what);
  }
  const isJson = exchange.headers["content-type"] === "application/json";
  if (isJson) return;
  assertEquals(request.body.length, exchange.bodyLength, what);
  if (exchange.body !== undefined) assertEquals(request.body, exchange.body, what);
}

function snapshotOf({ parameters }: RecordedExchange): BackupSnapshot {
  return {
    type: parameters["backup-type"] as BackupType,
    id: String(parameters["backup-id"]),
    time: Number(parameters["backup-time"]),
  };
}

/** Makes the calls that lead to the recorded requests of backup and reader connections. */
class ProtocolDriver {
  readonly #targets = new Map<number, BackupTarget>();
  readonly #sources = new Map<number, SnapshotSource>();
  readonly #writers = new Map<unknown, IndexWriter>();
  #previousTimes = 0;

  constructor(private readonly repository: RemoteRepository) {}

  async drive(exchange: RecordedExchange): Promise<void> {
    const { connection, protocol, path, parameters } = exchange;
    if (protocol === "rest") {
      const namespace = String(parameters["ns"] ?? "");
      if (path === "/backup") {
        const begin = { namespace, snapshot: snapshotOf(exchange) };
        this.#targets.set(connection, await this.repository.beginBackup(begin));
      } else if (path === "/reader") {
        const source = await this.repository.openSnapshot(namespace, snapshotOf(exchange));
        this.#sources.set(connection, source);
      }
      return;
    }
    if (protocol === "reader") return await this.#read(this.#sources.get(connection)!, exchange);
    await this.#write(this.#targets.get(connection)!, exchange);
  }

  async #read(source: SnapshotSource, { path, parameters, answer }: RecordedExchange) {
    if (path === "/download") {
      const bytes = await source.readFile(String(parameters["file-name"]));
      assertEquals(bytes, answer);
      return;
    }
    let memory = new Uint8Array();
    const digest = decodeHex(String(parameters["digest"]));
    await source.readChunk(digest, (length) => memory = new Uint8Array(length));
    assertEquals(memory.length, answer.length);
  }

  async #write(target: BackupTarget, exchange: RecordedExchange): Promise<void> {
    const { method, path, parameters, bodyLength, answer } = exchange;
    const body = exchange.body ?? new Uint8Array(bodyLength).fill(7);
    const name = String(parameters["archive-name"] ?? parameters["file-name"]);
    const [kind, call] = path.slice(1).split("_") as [IndexKind, string];
    if (path === "/previous_backup_time") {
      // Asked for once, at the start; the official client asks again in metadata mode.
      if (this.#previousTimes++ > 0) throw new Error("asked twice");
      assertEquals(target.previousTime ?? null, JSON.parse(new TextDecoder().decode(answer)).data);
    } else if (path === "/previous") {
      const bytes = name === "index.json.blob"
        ? await target.previousManifest()
        : await target.previousIndex(name);
      assertEquals(bytes, answer);
    } else if (path === "/blob") await target.uploadBlob(name, body);
    else if (path === "/finish") await target.finish();
    else if (method === "PUT") {
      const digests = parameters["digest-list"] as string[];
      const offsets = parameters["offset-list"] as number[];
      await this.#writers.get(parameters["wid"])!.append(
        digests.map((digest, i) => ({ digest: decodeHex(digest), offset: offsets[i]! })),
      );
    } else if (call === "index") {
      const size = parameters["size"] === undefined ? undefined : Number(parameters["size"]);
      const wid = JSON.parse(new TextDecoder().decode(answer)).data;
      this.#writers.set(wid, await target.createIndex(kind, name, size));
    } else if (call === "chunk") {
      await this.#writers.get(Number(parameters["wid"]))!.putChunk({
        digest: decodeHex(String(parameters["digest"])),
        size: Number(parameters["size"]),
        blob: body,
      });
    } else {
      assertEquals(call, "close");
      await this.#writers.get(Number(parameters["wid"]))!.close({
        chunkCount: Number(parameters["chunk-count"]),
        size: Number(parameters["size"]),
        checksum: decodeHex(String(parameters["csum"])),
      });
    }
  }

  async end(): Promise<void> {
    for (const source of this.#sources.values()) await source[Symbol.asyncDispose]();
    for (const target of this.#targets.values()) await target.abort();
  }
}

/** The calls behind the recordings that are not about backup and reader connections. */
const REST_CALLS: Readonly<Record<string, (repository: RemoteRepository) => Promise<unknown>>> = {
  "08-namespace-create": (repository) => repository.createNamespace("a"),
  "09-namespace-create-nested": (repository) => repository.createNamespace("a/b"),
  "16-snapshot-list": (repository) => repository.listSnapshots(""),
  "17-snapshot-list-json": (repository) => repository.listSnapshots(""),
  "18-list-groups": (repository) => repository.listGroups(""),
  "19-snapshot-files": (repository) => repository.listFiles("", museum),
  "20-notes-update": (repository) => repository.writeNotes("", museum, "first line\nsecond line"),
  "21-notes-show": (repository) => repository.readNotes("", museum),
  "22-protected-update": (repository) => repository.setProtected("", museum, true),
  "24-prune-dry-run": (repository) =>
    repository.prune({ namespace: "", group: museum, keep: { last: 1 }, dryRun: true }),
  "32-status": (repository) => repository.status(),
  "33-gc": (repository) => repository.garbageCollect(() => {}),
  "34-task-list": (repository) => repository.tasks.list({ all: true, limit: 5 }),
  "35-version": (repository) => repository.version(),
  "36-namespace-list": (repository) => repository.listNamespaces(""),
  "45-forget-protected": (repository) =>
    assertRejects(() => repository.forgetSnapshot("", museum), Error, "protected"),
  "37-namespace-delete-refused": (repository) =>
    assertRejects(() => repository.deleteNamespace("a", false), Error, "partially"),
  "39-wrong-password": (repository) =>
    assertRejects(() => repository.listSnapshots(""), Error, "permission check failed"),
  "40-unknown-datastore": (repository) =>
    assertRejects(() => repository.listSnapshots(""), Error, "no such datastore 'nosuch'"),
  "41-duplicate-time": (repository) =>
    assertRejects(
      () => repository.beginBackup({ namespace: "", snapshot: museum }),
      Error,
      "older than last backup",
    ),
  "42-older-time": (repository) =>
    assertRejects(
      () => repository.beginBackup({ namespace: "", snapshot: { ...museum, time: 1700000060 } }),
      Error,
      "older than last backup",
    ),
  "43-unknown-snapshot": (repository) =>
    assertRejects(
      () => repository.openSnapshot("", { ...museum, time: 1577836800 }),
      Error,
      "does not exist",
    ),
  "46-forget": (repository) => repository.forgetSnapshot("", { ...museum, time: 1700003600 }),
  "47-login": (repository) => repository.logIn(),
  "48-change-owner": (repository) =>
    repository.changeOwner("", { type: "host", id: "sign" }, "test@pbs"),
  "49-server-identity": (repository) => repository.identity(),
  "51-group-forget": (repository) => repository.listSnapshots("", { type: "host", id: "sign" }),
  "52-verify-needs-token": (repository) =>
    assertRejects(() => repository.listSnapshots(""), Error, "authentication failed"),
};

/** The task list is not a repository's. */
const NOT_OURS = new Set(["34-task-list"]);

/** The second question for the time of the previous snapshot is needless: it cannot change. */
function withoutRepeatedTime(recording: Recording): Recording {
  let times = 0;
  return {
    ...recording,
    exchanges: recording.exchanges.filter(({ path }) =>
      path !== "/previous_backup_time" || times++ === 0
    ),
  };
}

Deno.test("requests of backup and reader connections are those of the official client", async (test) => {
  let exchanges = 0;
  let played = 0;
  for (const recorded of recordings) {
    if (recorded.name in REST_CALLS || NOT_OURS.has(recorded.name)) continue;
    if (recorded.name === "23-upload-log") continue;
    const recording = withoutRepeatedTime(recorded);
    await play(recording, async (repository) => {
      const driver = new ProtocolDriver(repository);
      for (const exchange of recording.exchanges) await driver.drive(exchange);
      await driver.end();
    });
    exchanges += recording.exchanges.length;
    played++;
  }
  await test.step(`${exchanges} requests of ${played} recorded commands`, () => {
    assert(played >= 20);
  });
});

Deno.test("API calls are those of the official client", async (test) => {
  for (const recording of recordings) {
    const call = REST_CALLS[recording.name];
    if (call !== undefined) {
      await play(recording, async (repository) => void await call(repository));
    }
  }
  await test.step(`${Object.keys(REST_CALLS).length} recorded commands`, () => {});
});

Deno.test("an uploaded log is sent as the official client sends it", async () => {
  const recording = recordings.find(({ name }) => name === "23-upload-log")!;
  const { body } = recording.exchanges.at(-1)!;
  await play(recording, (repository) => repository.uploadLog("", museum, body!));
});

Deno.test("answers of the official server are understood", async () => {
  const recording = (name: string) => recordings.find((each) => each.name === name)!;
  await play(recording("17-snapshot-list-json"), async (repository) => {
    const snapshots = await repository.listSnapshots("");
    const sizes = snapshots.map(({ id, time, size }) => `${id}/${time}: ${size}`);
    assert(sizes.length === 0 || sizes.some((text) => text.startsWith("museum/")), sizes.join());
  });
  await play(recording("24-prune-dry-run"), async (repository) => {
    const decisions = await repository.prune({
      namespace: "",
      group: museum,
      keep: { last: 1 },
      dryRun: true,
    });
    assertEquals(decisions.map(({ mark }) => mark), ["protected", "remove", "keep"]);
  });
  await play(recording("33-gc"), async (repository) => {
    const lines: string[] = [];
    await repository.garbageCollect((line) => lines.push(line));
    assertEquals(lines[0], "starting garbage collection on store gold1");
    assert(lines.length > 50 && !lines.some((line) => /^TASK|^\d{4}-/.test(line)));
  });
  await play(recording("34-task-list"), async (repository) => {
    const [first, ...others] = await repository.tasks.list({ all: true, limit: 5 });
    assertEquals([first?.workerType, first?.workerId, first?.status, others.length], [
      "garbage_collection",
      "gold1",
      "OK",
      4,
    ]);
  });
  await play(recording("18-list-groups"), async (repository) => {
    const groups = await repository.listGroups("");
    assertEquals(groups.find(({ id }) => id === "split")?.backupCount, 4);
  });
  await play(recording("19-snapshot-files"), async (repository) => {
    const files = await repository.listFiles("", museum);
    assertEquals(files[0], { filename: "tree.pxar.didx", cryptMode: "none", size: 70603939 });
  });
  await play(recording("35-version"), async (repository) => {
    const { version, release } = await repository.version();
    assertEquals(`${version}.${release}`, "4.2.3");
  });
  await play(recording("36-namespace-list"), async (repository) => {
    const names = (await repository.listNamespaces("")).map(({ namespace }) => namespace);
    assertEquals(names, ["", "a", "a/b"]);
  });
});
