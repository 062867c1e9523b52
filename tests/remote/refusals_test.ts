import { assert, assertEquals } from "@std/assert";
import { runClient } from "../support/run_client.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { runRemote, runRemoteOk, serverEnvironment } from "../support/remote_command.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { eventually } from "../support/eventually.ts";
import { TempDir } from "../support/temp_dir.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { withoutHint } from "../support/without_hint.ts";

const PATIENCE_MS = 60_000;

/** An administrator, and users who may do less. */
const ACCOUNTS = {
  accounts: [
    ...ADMINISTRATOR.accounts,
    ...["audit", "writer", "nobody"].map((name) => ({
      authId: `${name}@pbs`,
      enabled: true,
      expire: 0,
    })),
    { authId: "gone@pbs", enabled: true, expire: 1 },
  ],
  rules: [
    ...ADMINISTRATOR.rules,
    { path: "/datastore/store1", authId: "audit@pbs", roles: ["DatastoreAudit"], propagate: true },
    {
      path: "/datastore/store1",
      authId: "writer@pbs",
      roles: ["DatastoreBackup"],
      propagate: true,
    },
  ],
  secrets: {
    ...ADMINISTRATOR.secrets,
    "audit@pbs": "a password",
    "writer@pbs": "a password",
    "nobody@pbs": "a password",
    "gone@pbs": "a password",
  },
};

/** The one line of an error; fails if there is another number of them, or no failure. */
function errorLine(run: { code: number; stderr: string }): string {
  assertEquals(run.code, 255, run.stderr);
  const lines = withoutHint(run.stderr).split("\n").filter((line) =>
    line !== "" && !/^(Starting backup|Client name)/.test(line)
  );
  assertEquals(lines.length, 1, run.stderr);
  assert(lines[0]!.startsWith("Error: "), run.stderr);
  return lines[0]!.slice("Error: ".length);
}

Deno.test("refusals of a server are one clear line each", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/file`, "setting = 1\n");
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  const as = (name: string, datastore?: string) =>
    serverEnvironment(server, `${name}@pbs`, datastore);
  const backup = ["backup", `a.conf:${dir.path}/file`, "--backup-id"];
  await using repository = await openRemoteRepository(
    remoteOptions(server, { authId: "admin@pbs!ci" }),
  );
  await writeSnapshot(repository, { type: "host", id: "mine", time: 1700000000 }, [
    await makeChunk(1, 100),
  ]);
  await using _running = await repository.beginBackup({
    namespace: "",
    snapshot: { type: "host", id: "busy", time: 1700000000 },
  });
  const cases: [
    what: string,
    argv: string[],
    env: Record<string, string>,
    line: string | RegExp,
  ][] = [
    [
      "wrong secret of a token",
      ["list"],
      { PBS_PASSWORD: "wrong" },
      "API token admin@pbs!ci was refused by 127.0.0.1: authentication failed",
    ],
    [
      "wrong password of a user",
      ["list"],
      { ...as("audit"), PBS_PASSWORD: "wrong" },
      "login of audit@pbs on 127.0.0.1 was refused: permission check failed.",
    ],
    [
      "expired account",
      ["list"],
      as("gone"),
      "login of gone@pbs on 127.0.0.1 was refused: permission check failed.",
    ],
    ["no privilege", ["list"], as("nobody"), /^permission check failed - missing Datastore/],
    [
      "no privilege to back up",
      [...backup, "a"],
      as("audit"),
      "missing permissions 'Datastore.Backup' on '/datastore/store1'",
    ],
    [
      "somebody else's group",
      [...backup, "mine"],
      as("writer"),
      /owner check failed|does not belong|owned by/,
    ],
    [
      "unknown datastore",
      ["list"],
      serverEnvironment(server, undefined, "nosuch"),
      "no such datastore 'nosuch'",
    ],
    [
      "backup to an unknown datastore",
      [...backup, "a"],
      serverEnvironment(server, undefined, "nosuch"),
      /no such datastore 'nosuch'/,
    ],
    ["unknown namespace", ["list", "--ns", "nowhere"], {}, /nowhere|No such file|namespace/],
    [
      "backup to an unknown namespace",
      [...backup, "a", "--ns", "nowhere"],
      {},
      /namespace/,
    ],
    ["busy group", [...backup, "busy"], {}, /busy|lock/],
    [
      "time not later",
      [...backup, "mine", "--backup-time", "1700000000"],
      {},
      /backup timestamp is older than last backup/,
    ],
    [
      "unknown snapshot",
      ["restore", "host/mine/2020-01-01T00:00:00Z", "root.pxar", `${dir.path}/out`],
      {},
      /does not exist/,
    ],
    [
      "unknown group",
      ["restore", "host/none", "root.pxar", `${dir.path}/out`],
      {},
      /does not contain any snapshots/,
    ],
    [
      "server that is not there",
      ["list"],
      { PBS_REPOSITORY: "admin@pbs!ci@127.0.0.1:1:store1" },
      /^cannot connect to 127\.0\.0\.1:1: /,
    ],
    [
      "name that is not there",
      ["list"],
      { PBS_REPOSITORY: "admin@pbs!ci@does-not-exist.invalid:store1" },
      /^cannot connect to does-not-exist\.invalid:8007: /,
    ],
    [
      "proxy that is not there",
      ["list"],
      { ALL_PROXY: "http://me:secret@127.0.0.1:1", PBS_LOG: "error" },
      /127\.0\.0\.1:1/,
    ],
    [
      "proxy of another kind",
      ["list"],
      { ALL_PROXY: "socks5://127.0.0.1:1" },
      /^error building client for repository .*variable ALL_PROXY: .*socks5/,
    ],
  ];
  for (const [what, argv, env, expected] of cases) {
    const line = errorLine(await runRemote(server, argv, env));
    if (typeof expected === "string") assertEquals(line, expected, what);
    else assert(expected.test(line), `${what}: ${line}`);
    for (const secret of ["a secret", "a password", "me:secret"]) {
      assert(!line.includes(secret), `${what} shows a secret`);
    }
  }
});

Deno.test("certificates and passwords that nobody can confirm or give are one clear line each", async () => {
  await using dir = await TempDir.make();
  await Deno.chmod(dir.path, 0o700);
  await using server = await TestServer.start();
  const env: Record<string, string> = {
    ...serverEnvironment(server, "admin@pbs"),
    XDG_RUNTIME_DIR: dir.path,
    XDG_CONFIG_HOME: dir.path,
  };
  const run = async (args: string[], change: Record<string, string | undefined>) => {
    const kept = Object.entries({ ...env, ...change }).filter(([, value]) => value !== undefined);
    return await runClient(args, { env: Object.fromEntries(kept) as Record<string, string> });
  };
  const unconfirmed = errorLine(await run(["list"], { PBS_FINGERPRINT: undefined }));
  assertEquals(
    unconfirmed,
    "certificate validation failed - the fingerprint " +
      `${server.certificate.fingerprint} of 127.0.0.1:${server.port} was not confirmed ` +
      "(DEPTH_ZERO_SELF_SIGNED_CERT)",
  );
  const wrong = await run(["list"], { PBS_FINGERPRINT: "aa" });
  assertEquals(wrong.code, 255);
  const [warning, expected, error] = wrong.stderr.split("\n");
  assertEquals(warning, "WARNING: certificate fingerprint does not match expected fingerprint!");
  assertEquals(expected, "expected:    aa");
  assert(error!.startsWith("Error: certificate validation failed - "), error);
  // The cached one has changed: the same lines.
  await Deno.mkdir(`${dir.path}/proxmox-backup`);
  await Deno.writeTextFile(`${dir.path}/proxmox-backup/fingerprints`, "127.0.0.1 00:11\n");
  const changed = await run(["list"], { PBS_FINGERPRINT: undefined });
  assertEquals(changed.stderr.split("\n").slice(0, 2), [warning, "expected:    00:11"]);
  assertEquals(
    errorLine(await run(["list"], { PBS_PASSWORD: undefined })),
    `error building client for repository ${env["PBS_REPOSITORY"]} - ` +
      "no password input mechanism available",
  );
});

Deno.test("a cached ticket that has expired is not used, one that is refused is named", async () => {
  await using dir = await TempDir.make();
  await Deno.chmod(dir.path, 0o700);
  await using server = await TestServer.start();
  const env = { ...serverEnvironment(server, "admin@pbs"), XDG_RUNTIME_DIR: dir.path };
  await runRemoteOk(server, ["login"], env);
  assertEquals(await runRemoteOk(server, ["list"], { ...env, PBS_PASSWORD: null }), "");
  const path = `${dir.path}/proxmox-backup/tickets`;
  const tickets = JSON.parse(await Deno.readTextFile(path));
  const entry = tickets["127.0.0.1"]["admin@pbs"];
  entry.ticket = entry.ticket.replace(/.$/, (last: string) => last === "A" ? "B" : "A");
  await Deno.writeTextFile(path, JSON.stringify(tickets));
  assertEquals(
    errorLine(await runRemote(server, ["list"], { ...env, PBS_PASSWORD: null })),
    'the remembered ticket of admin@pbs on 127.0.0.1 was refused, "logout" removes it: ' +
      "permission check failed.",
  );
  entry.timestamp -= 7140;
  await Deno.writeTextFile(path, JSON.stringify(tickets));
  const child = await runClient(["list"], {
    env: Object.fromEntries(
      Object.entries(env).filter(([name]) => name !== "PBS_PASSWORD"),
    ),
  });
  assert(errorLine(child).endsWith("no password input mechanism available"));
  await runRemoteOk(server, ["login"], env);
  await runRemoteOk(server, ["logout"], env);
  const again = await runRemote(server, ["logout"], env);
  assertEquals([again.code, again.stderr], [
    0,
    "no ticket found for admin@pbs on server 127.0.0.1\n",
  ]);
});

Deno.test("a disk that is full under the server is one clear line, and nothing stays", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const mount = `${dir.path}/small`;
  await Deno.mkdir(mount);
  const mounted = await new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", "size=6m", "tmpfs", mount],
  }).output();
  assertEquals(mounted.code, 0, new TextDecoder().decode(mounted.stderr));
  try {
    const { Datastore } = await import("../../lib/datastore/mod.ts");
    const path = `${mount}/store`;
    Datastore.create(path, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    await using server = await TestServer.start({
      datastores: () => [{ name: "store1", path }],
    });
    const file = new Uint8Array(20_000_000);
    for (let at = 0; at < file.length; at += 65536) {
      crypto.getRandomValues(file.subarray(at, at + 65536));
    }
    await Deno.writeFile(`${dir.path}/disk.raw`, file);
    const started = Date.now();
    const run = await runRemote(server, [
      "backup",
      `disk.img:${dir.path}/disk.raw`,
      "--backup-id",
      "full",
    ]);
    assert(Date.now() - started < PATIENCE_MS);
    const line = run.stderr.split("\n").findLast((text) => text !== "")!;
    assert(/^Error: .*(No space left|ENOSPC)/.test(line), run.stderr);
    assert(!run.stderr.includes("trying again"));
    await eventually(async () =>
      assertEquals(await runRemoteOk(server, ["list", "--output-format", "json"]), "[]\n")
    );
  } finally {
    await new Deno.Command("umount", { args: ["-l", mount] }).output();
  }
});
