import { assert, assertEquals, assertRejects } from "@std/assert";
import { AuthError, CancelledError, ConnectionError, ServerError } from "../../lib/errors/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  type BackupSnapshot,
  type BackupTarget,
  ChunkList,
  isTransientError,
} from "../../lib/repository/mod.ts";
import { openRemoteRepository, type RemoteRepository } from "../../lib/remote/mod.ts";
import { chunkListOf } from "../support/chunk_list_of.ts";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { backUp, makeSource, restoreTree } from "../support/remote_backup.ts";
import { answerLogin, RemotePeer } from "../support/remote_peer.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

const snapshot: BackupSnapshot = { type: "host", id: "again", time: 1_700_000_000 };

interface Setting {
  readonly proxy: CuttingProxy;
  readonly server: TestServer;
  readonly folder: string;
  readonly repository: RemoteRepository;
}

async function withProxy(body: (setting: Setting) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path, 8, 400_000);
  await using server = await TestServer.start();
  await using proxy = await CuttingProxy.start(server);
  const authId = "admin@pbs!ci";
  const options = remoteOptions(server, { authId, fingerprint: proxy.fingerprint });
  await using repository = await openRemoteRepository({
    ...options,
    address: { ...options.address, port: proxy.port },
  });
  await body({ proxy, server, folder: dir.path, repository });
}

/** Lines of the server's logs of backup tasks, the oldest task first. */
async function taskLogs(server: TestServer): Promise<string[]> {
  const lines: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await walk(`${folder}/${name}`);
      else if (name.includes(":backup:")) {
        lines.push(...(await Deno.readTextFile(`${folder}/${name}`)).split("\n"));
      }
    }
  };
  await walk(`${server.dir.path}/log/tasks`);
  return lines;
}

Deno.test("a backup that loses its connection starts again and sends what had not arrived", async () => {
  await withProxy(async ({ proxy, server, folder, repository }) => {
    proxy.restart(Infinity);
    await backUp(repository, folder, snapshot);
    const frames = proxy.frames;
    await repository.forgetSnapshot("", snapshot);
    await Deno.remove(`${folder}/tree`, { recursive: true });
    await makeSource(folder, 8, 400_000);

    proxy.restart(Math.floor(frames * 0.7));
    const lines: string[] = [];
    const report = await backUp(repository, folder, snapshot, { retries: 3, lines });
    assertEquals(lines.filter((line) => line.includes("trying again")).length, 1, lines.join("\n"));
    assert(lines.some((line) => /; trying again in 0\.02 s \(1 of 3\)$/.test(line)));
    const chunks = report.archives.reduce((sum, { chunkCount }) => sum + chunkCount, 0);
    const known = report.archives.reduce((sum, each) => sum + each.knownChunkCount, 0);
    const logs = await eventually(async () => {
      const found = await taskLogs(server);
      assert(found.some((line) => /recall \d+ of \d+ chunks/.test(line)));
      return found;
    });
    const [, recalled, asked] = logs.map((line) => /recall (\d+) of (\d+) chunks/.exec(line))
      .find((match) => match !== null)!;
    assert(Number(recalled) <= Number(asked), "some had not arrived");
    assertEquals(known, Number(recalled));
    assert(known >= 10 && known < chunks, `${known} of ${chunks} chunks were not sent again`);
    await restoreTree(repository, snapshot, `${folder}/restored`);
    for (let i = 0; i < 8; i++) {
      assertEquals(
        await Deno.readFile(`${folder}/restored/file-${i}`),
        await Deno.readFile(`${folder}/tree/file-${i}`),
      );
    }
  });
});

Deno.test("only who has sent a chunk can recall it, and only while the store has it", async () => {
  await using server = await TestServer.start();
  await using repository = await openRemoteRepository(
    remoteOptions(server, { authId: "admin@pbs!ci" }),
  );
  await using other = await openRemoteRepository(remoteOptions(server));
  const chunk = await makeChunk(7, 1000);
  /** Begins a backup, recalls the chunk, does more, ends it. */
  const recall = async (
    who: RemoteRepository,
    id: string,
    more: (target: BackupTarget) => Promise<void> = () => Promise.resolve(),
  ) => {
    const of = { ...snapshot, id };
    await using target = await eventually(() => who.beginBackup({ namespace: "", snapshot: of }));
    const known = await target.recallChunks!(chunkListOf(chunk), false);
    await more(target);
    return known.length > 0;
  };
  const send = async (target: BackupTarget) => {
    await (await target.createIndex("dynamic", "root.pxar.didx")).putChunk(chunk);
  };
  assertEquals(await recall(repository, "again", send), false, "not sent before");
  assertEquals(await recall(other, "again"), false, "sent by somebody else");
  assertEquals(await recall(repository, "another"), false, "sent to another group");
  assertEquals(
    await recall(repository, "again", async (target) => {
      const writer = await target.createIndex("dynamic", "root.pxar.didx");
      await writer.append([{ digest: chunk.digest, offset: 0 }]);
    }),
    true,
    "sent before",
  );
  const hex = encodeHex(chunk.digest);
  await Deno.remove(`${server.datastorePath}/.chunks/${hex.slice(0, 4)}/${hex}`);
  assertEquals(await recall(repository, "again", send), false, "gone from the store");
  assertEquals(await recall(repository, "again"), true, "sent again");
  await eventually(() => writeSnapshot(repository, snapshot, [chunk]));
  const later = { ...snapshot, time: snapshot.time + 1 };
  await using target = await repository.beginBackup({ namespace: "", snapshot: later });
  assertEquals(
    (await target.recallChunks!(chunkListOf(chunk), false)).length,
    0,
    "its backup was finished",
  );
});

Deno.test("a server that recalls nothing gets everything again", async () => {
  await using peer = await RemotePeer.start((request) =>
    answerLogin(request) ??
      (request.path === "/backup"
        ? { upgrade: true }
        : request.path === "/previous_backup_time"
        ? { data: null }
        : { status: 404, text: `Path '${request.path}' not found.` })
  );
  await using repository = await openRemoteRepository(peer.options());
  await using target = await repository.beginBackup({ namespace: "", snapshot });
  const asked = new ChunkList();
  for (let i = 0; i < 40_000; i++) asked.add(new Uint8Array(32), 1, 1);
  assertEquals((await target.recallChunks!(asked, false)).length, 0);
  assertEquals(peer.requests.filter(({ path }) => path === "/recall_chunks").length, 1);
});

Deno.test("without retries the first lost connection ends the backup", async () => {
  await withProxy(async ({ proxy, folder, repository }) => {
    proxy.restart(20);
    await assertRejects(() => backUp(repository, folder, snapshot), ConnectionError);
  });
});

/** A repository whose server is not there any more. */
async function absentServer(): Promise<RemoteRepository> {
  await using server = await TestServer.start();
  const options = remoteOptions(server);
  // Its own port may be another test's by now; on this one nobody listens.
  return await openRemoteRepository({ ...options, address: { ...options.address, port: 1 } });
}

Deno.test("a first connection that cannot be made is tried again only where that was asked for", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path, 1, 1000);
  await using repository = await absentServer();
  for (const coversFirstConnection of [false, true]) {
    const lines: string[] = [];
    await assertRejects(
      () => backUp(repository, dir.path, snapshot, { retries: 2, coversFirstConnection, lines }),
      ConnectionError,
    );
    const expected = coversFirstConnection ? 2 : 0;
    assertEquals(lines.filter((line) => line.includes("trying again")).length, expected);
  }
});

Deno.test("retries end when the server stays away, and when the run is interrupted", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path, 1, 1000);
  await using repository = await absentServer();
  const lines: string[] = [];
  const error = await assertRejects(
    () =>
      backUp(repository, dir.path, snapshot, { retries: 2, coversFirstConnection: true, lines }),
    ConnectionError,
  );
  assert(error.message.startsWith("cannot connect to 127.0.0.1:"));
  assertEquals(lines.filter((line) => line.includes("trying again")).length, 2);
  const controller = new AbortController();
  await assertRejects(
    () =>
      backUp(repository, dir.path, snapshot, {
        retries: 50,
        coversFirstConnection: true,
        signal: controller.signal,
        lines: Object.assign([], { push: () => (controller.abort(), 0) }),
      }),
    CancelledError,
  );
});

Deno.test("what will not pass is not tried again", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path, 1, 1000);
  await using server = await TestServer.start();
  await using repository = await openRemoteRepository(
    remoteOptions(server, { password: "wrong" }),
  );
  const lines: string[] = [];
  await assertRejects(
    () => backUp(repository, dir.path, snapshot, { retries: 3, lines }),
    AuthError,
  );
  assertEquals(lines, []);
});

Deno.test("a pipe is read once only, so its backup is not tried again", async () => {
  await withProxy(async ({ proxy, folder, repository }) => {
    const fifo = `${folder}/fifo`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    const writing = new Deno.Command("sh", {
      args: ["-c", `head -c 9000000 /dev/urandom > ${fifo}`],
    })
      .spawn();
    proxy.restart(25);
    const lines: string[] = [];
    await assertRejects(
      () =>
        backUp(repository, folder, snapshot, {
          archives: [{ name: "disk.img", kind: "img", path: new TextEncoder().encode(fifo) }],
          retries: 3,
          lines,
        }),
      ConnectionError,
    );
    assertEquals(lines.filter((line) => line.includes("trying again")), []);
    await writing.status;
  });
});

Deno.test("isTransientError() knows lost connections and gateways without a server", () => {
  assertEquals(isTransientError(new ConnectionError("lost")), true);
  assertEquals(
    [502, 503, 504, 429].map((status) => isTransientError(new ServerError(status, ""))),
    [
      true,
      true,
      true,
      true,
    ],
  );
  assertEquals([400, 401, 403, 404, 500].map((s) => isTransientError(new ServerError(s, ""))), [
    false,
    false,
    false,
    false,
    false,
  ]);
  assertEquals(isTransientError(new AuthError("no")), false);
});
