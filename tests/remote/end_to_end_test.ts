import { fromFileUrl } from "@std/path";
import net from "node:net";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { eventually } from "../support/eventually.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { runRemote, runRemoteOk, serverEnvironment } from "../support/remote_command.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));

/** What a report says, as far as it matters here. */
interface Report {
  readonly archives: readonly {
    readonly filename: string;
    readonly size: number;
    readonly new: number;
    readonly chunks: number;
    readonly "known-chunks": number;
  }[];
}

testWithPeers("a tree with every kind of metadata goes to a server and comes back identical", [
  ...TREE_PEERS,
  "python3",
  "setcap",
  "setfacl",
], async () => {
  await using dir = await TempDir.make("/var/tmp");
  await using server = await TestServer.start();
  const source = `${dir.path}/source`;
  await runPeer("python3", [museum, source, "11"]);
  await runPeer("rm", ["-rf", `${source}/exclude`]);
  await Deno.writeTextFile(`${dir.path}/app.conf`, "setting = 1\n");
  await runPeer("bash", ["-c", `head -c 9000001 /dev/urandom > '${dir.path}/disk.raw'`]);
  const env = serverEnvironment(server);
  const backup = async (time: number): Promise<Report> => {
    const run = await runClientOk([
      "backup",
      `tree.pxar:${source}`,
      `app.conf:${dir.path}/app.conf`,
      `disk.img:${dir.path}/disk.raw`,
      "--backup-id",
      "museum",
      "--backup-time",
      String(time),
      "--output-format",
      "json",
    ], { env });
    return JSON.parse(run.stdout);
  };
  const first = await backup(1_700_000_000);
  const second = await backup(1_700_003_600);
  for (const { filename, size, new: sent } of second.archives) {
    const before = first.archives.find((archive) => archive.filename === filename);
    assertEquals(size, before?.size, filename);
    // The catalog and small files are always sent.
    if (/pxar\.didx|img/.test(filename)) assert(sent < size / 1000, `${filename}: ${sent}`);
  }
  await runClientOk(["restore", "host/museum", "tree.pxar", `${dir.path}/restored`], { env });
  await assertSameTree(source, `${dir.path}/restored`);
  await runClientOk(["restore", "host/museum", "disk.img", `${dir.path}/disk.copy`], { env });
  await runPeer("cmp", [`${dir.path}/disk.raw`, `${dir.path}/disk.copy`]);
  const conf = await runClientOk(["restore", "host/museum", "app.conf", "-"], { env });
  assertEquals(conf.stdout, "setting = 1\n");

  // The same directory, without the server: what it says is the same, and it is sound.
  const local = { env: { ...env, PBS_REPOSITORY: server.datastorePath } };
  const query = [
    ["list", "--output-format", "json"],
    ["snapshot", "list", "--output-format", "json"],
    ["snapshot", "files", "host/museum/2023-11-14T22:13:20Z", "--output-format", "json"],
    ["namespace", "list", "--output-format", "json"],
    ["list"],
    ["snapshot", "list"],
  ];
  for (const words of query) {
    const [remote, direct] = [await runClientOk(words, { env }), await runClientOk(words, local)];
    const sorted = (text: string) => text.startsWith("[") ? JSON.parse(text, sortLists) : text;
    assertEquals(sorted(remote.stdout), sorted(direct.stdout), words.join(" "));
  }
  await runClientOk(["datastore", "verify", server.datastorePath]);
});

/** Lists of names come in no order. */
function sortLists(_key: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
}

Deno.test("commands about snapshots, groups and namespaces work over the wire", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await TestServer.start();
  await Deno.writeTextFile(`${dir.path}/file`, "setting = 1\n");
  const run = (...argv: string[]) => runRemoteOk(server, argv);
  const json = async (...argv: string[]) =>
    JSON.parse(await run(...argv, "--output-format", "json"));
  const backup = (time: number, ...more: string[]) =>
    run(
      "backup",
      `a.conf:${dir.path}/file`,
      "--backup-id",
      "one",
      "--backup-time",
      String(time),
      ...more,
    );

  await run("namespace", "create", "a");
  await run("namespace", "create", "a/b");
  assertEquals((await json("namespace", "list")).data.length, 3);
  await backup(1_700_000_000, "--ns", "a/b");
  for (const time of [1_700_000_000, 1_700_100_000, 1_700_200_000]) await backup(time);
  assertEquals((await json("snapshot", "list")).length, 3);
  assertEquals((await json("snapshot", "list", "--ns", "a/b")).length, 1);

  const snapshot = "host/one/2023-11-14T22:13:20Z";
  const long = "long line\n".repeat(1000);
  for (const notes of ["first line\nsecond ü", long]) {
    await run("snapshot", "notes", "update", snapshot, notes);
    assertEquals((await run("snapshot", "notes", "show", snapshot)).trimEnd(), notes.trimEnd());
  }
  await run("snapshot", "protected", "update", snapshot, "true");
  assertStringIncludes(await run("snapshot", "protected", "show", snapshot), "true");
  const refused = await runRemote(server, ["snapshot", "forget", snapshot]);
  assertEquals(refused.code, 255);
  assertStringIncludes(refused.stderr, "protected");

  const decisions = await json("prune", "host/one", "--keep-last", "1", "--dry-run");
  assertEquals(decisions.map(({ keep }: { keep: boolean }) => keep), [true, false, true]);
  await run("prune", "host/one", "--keep-last", "1");
  assertEquals((await json("snapshot", "list")).length, 2);
  await run("snapshot", "protected", "update", snapshot, "false");
  await eventually(() => run("snapshot", "forget", snapshot));

  const status = await json("status");
  assert(status.total > 0 && status.used >= 0 && status.avail > 0);
  assertStringIncludes(await run("garbage-collect"), "TASK OK");
  await run("change-owner", "host/one", "admin@pbs");
  assertEquals((await json("list"))[0].owner, "admin@pbs");
  assertEquals(
    (await run("server-identity")).trim(),
    `pbs-instance-id: ${"0123456789abcdef".repeat(2)}`,
  );
  assertStringIncludes(await run("version"), "server version: ");

  const kept = await runRemote(server, ["namespace", "delete", "a"]);
  assertEquals(kept.code, 255);
  await run("namespace", "delete", "a", "--delete-groups", "true");
  assertEquals((await json("namespace", "list")).data.length, 1);
});

Deno.test("a dry run leaves nothing on the server", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await TestServer.start();
  await Deno.writeTextFile(`${dir.path}/file`, "setting = 1\n");
  await runRemoteOk(server, ["backup", `a.conf:${dir.path}/file`, "--dry-run"]);
  await eventually(async () =>
    assertEquals(await runRemoteOk(server, ["list", "--output-format", "json"]), "[]\n")
  );
});

Deno.test("a rate slows a backup and a restore down", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await TestServer.start();
  await runPeer("bash", ["-c", `head -c 3000000 /dev/urandom > '${dir.path}/disk.raw'`]);
  const timed = async (argv: string[]) => {
    const started = performance.now();
    await runRemoteOk(server, argv);
    return (performance.now() - started) / 1000;
  };
  const rate = ["--rate", "2MB", "--burst", "1MB"];
  const sent = await timed([
    "backup",
    `disk.img:${dir.path}/disk.raw`,
    "--backup-id",
    "r",
    ...rate,
  ]);
  assert(sent > 0.9, `${sent} s for 3 MB at 2 MB/s`);
  const got = await timed(["restore", "host/r", "disk.img", `${dir.path}/copy`, ...rate]);
  assert(got > 0.9, `${got} s for 3 MB at 2 MB/s`);
  await runPeer("cmp", [`${dir.path}/disk.raw`, `${dir.path}/copy`]);
});

Deno.test("a speed test sends data and leaves nothing", async () => {
  await withRemoteRepository(async (repository) => {
    const { bytes, bytesPerSecond } = await repository.measureUpload({
      durationMs: 50,
      signal: new AbortController().signal,
    });
    assert(bytes >= 16 * 4 * 1024 * 1024 && bytesPerSecond > 0);
    await eventually(async () => assertEquals(await repository.listGroups(""), []));
  });
});

Deno.test("a server verifies its snapshots when it is told to, and tells what it found", async () => {
  await withRemoteRepository(async (repository, server) => {
    const chunk = await makeChunk(1, 100_000);
    const snapshot = { type: "host", id: "v", time: 1_700_000_000 } as const;
    await writeSnapshot(repository, snapshot, [chunk]);
    const lines: string[] = [];
    const request = { namespace: "", group: snapshot, time: snapshot.time, ignoreVerified: false };
    assertEquals(await repository.verify(request, (line) => lines.push(line)), { ok: true });
    assert(lines.length > 0 && !lines.some((line) => line.startsWith("TASK")));
    const hex = encodeHex(chunk.digest);
    await Deno.writeFile(
      `${server.datastorePath}/.chunks/${hex.slice(0, 4)}/${hex}`,
      chunk.blob.fill(7, 20),
    );
    assertEquals(await repository.verify(request, () => {}), { ok: false });
    const [info] = await repository.listSnapshots("");
    assertEquals(info?.verification?.state, "failed");
  });
});

Deno.test("all connections go through the proxy that is named", async () => {
  await using server = await TestServer.start();
  const asked: string[] = [];
  const listener = net.createServer((client) => {
    client.once("data", (bytes: Uint8Array) => {
      asked.push(new TextDecoder().decode(bytes));
      const upstream = net.connect(server.port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(upstream).pipe(client);
      });
      upstream.on("error", () => client.destroy());
      client.on("error", () => upstream.destroy());
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = listener.address() as net.AddressInfo;
    const env = { ALL_PROXY: `http://me:p%20w@127.0.0.1:${port}` };
    const run = await runRemote(server, ["list", "--output-format", "json"], env);
    assertEquals([run.code, run.stdout], [0, "[]\n"], run.stderr);
    assertEquals(run.stderr, `Using proxy connection: 127.0.0.1:${port}\n`);
    const target = `127.0.0.1:${server.port}`;
    assertEquals(asked, [
      `CONNECT ${target} HTTP/1.1\r\nProxy-Authorization: Basic ${btoa("me:p%20w")}\r\n` +
      `Host: ${target}\r\n\r\n`,
    ]);
  } finally {
    listener.close();
  }
});
