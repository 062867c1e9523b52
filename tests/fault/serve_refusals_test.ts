// deno-lint-ignore-file no-console -- the number of cases is reported
import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodeHex } from "../../lib/bytes/mod.ts";
import { TicketSigner } from "../../lib/server/mod.ts";
import { Child } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { type ClientRun, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { withoutHint } from "../support/without_hint.ts";

const FAILURE = 255;
const THREE_HOURS_MS = 3 * 3600 * 1000;
/** Room for the chunk folders, a small backup, and no large one. */
const DISK_BYTES = 12_000_000;

/** Beside the administrator: users who may do less. */
const CONFIG = `
user: admin@pbs
user: writer@pbs
user: audit@pbs
user: reader@pbs
user: nobody@pbs

acl: /
	admin@pbs Admin
acl: /datastore/store1
	writer@pbs DatastoreBackup
	audit@pbs DatastoreAudit
	reader@pbs DatastoreReader
`;

/** The one line of an error; fails if there is another number of them, or no failure. */
function errorLine(run: ClientRun): string {
  assertEquals([run.code, run.signal], [FAILURE, null], run.stderr);
  const lines = withoutHint(run.stderr).split("\n").filter((line) =>
    line !== "" && !/^(Starting backup|Client name)/.test(line)
  );
  assertEquals(lines.length, 1, run.stderr);
  assert(lines[0]!.startsWith("Error: "), run.stderr);
  return lines[0]!.slice("Error: ".length);
}

/** Time of the next probe: two of them may fall into one second. */
let probeTime = 4_000_000_000;

/** Fails unless the server takes a backup and gives it back. */
async function assertServes(env: Record<string, string>, dir: string): Promise<void> {
  const content = `${crypto.randomUUID()}\n`;
  await Deno.writeTextFile(`${dir}/probe`, content);
  const dated = ["--backup-id", "probe", "--backup-time", `${++probeTime}`];
  await runClientOk(["backup", `probe.conf:${dir}/probe`, ...dated], { env });
  const { stdout } = await runClientOk(["restore", "host/probe", "probe.conf", "-"], { env });
  assertEquals(stdout, content);
}

Deno.test("what serve refuses is one clear line, and it serves on", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  await Deno.mkdir(`${path}/config`, { mode: 0o700 });
  await Deno.writeTextFile(`${path}/config/server.cfg`, CONFIG);
  await Deno.mkdir(`${path}/run/proxmox-backup`, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${path}/conf`, "setting = 1\n");
  await using server = await ServerProcess.start({ dir });
  const admin = server.clientEnvironment;
  const passwords = new Map(
    [...server.greeting.matchAll(/of user (\S+), shown only now: (\S+)$/gm)]
      .map(([, user, password]) => [user!, password!]),
  );
  assertEquals(passwords.size, 5);
  const at = (user: string, store = "store1") => ({
    PBS_REPOSITORY: `${user}@127.0.0.1:${server.port}:${store}`,
    PBS_PASSWORD: passwords.get(user) ?? "",
  });
  const backup = (id: string, ...options: string[]) => [
    ...["backup", `app.conf:${path}/conf`, "--backup-id", id, ...options],
  ];
  const store = ["--repository", `${path}/store`];
  await runClientOk(backup("mine", "--backup-time", "1700000000"), { env: admin });
  await runClientOk(["namespace", "create", "inner"], { env: admin });
  const snapshot = "host/mine/2023-11-14T22:13:20Z";
  await using _group = await hold(`${path}/store`, "exclusive", "host/busy");
  await using _snapshot = await hold(`${path}/store`, "shared", snapshot);

  const secret = decodeHex((await Deno.readTextFile(`${path}/config/ticket.key`)).trim());
  const longAgo = new TicketSigner(secret, () => Date.now() - THREE_HOURS_MS);
  await Deno.writeTextFile(
    `${path}/run/proxmox-backup/tickets`,
    JSON.stringify({
      "127.0.0.1": {
        "admin@pbs": {
          timestamp: Math.floor(Date.now() / 1000),
          ticket: longAgo.createTicket("admin@pbs"),
          token: longAgo.createCsrfToken("admin@pbs"),
        },
      },
    }),
    { mode: 0o600 },
  );
  const cases: [what: string, argv: string[], env: Record<string, string>, line: RegExp][] = [
    [
      "wrong password",
      ["list"],
      { PBS_PASSWORD: "wrong" },
      /^login of admin@pbs on 127\.0\.0\.1 was refused: permission check failed\.$/,
    ],
    ["unknown user", ["list"], at("who@pbs"), /^login of who@pbs on 127\.0\.0\.1 was refused: /],
    [
      "unknown token",
      ["list"],
      { ...at("admin@pbs!no"), PBS_PASSWORD: "x" },
      /^API token admin@pbs!no was refused by 127\.0\.0\.1: /,
    ],
    [
      "expired ticket",
      ["list"],
      { XDG_RUNTIME_DIR: `${path}/run` },
      /^the remembered ticket of admin@pbs on 127\.0\.0\.1 was refused, "logout" removes it: /,
    ],
    [
      "user without privileges lists",
      ["list"],
      at("nobody@pbs"),
      /missing Datastore|missing permissions|no permissions/,
    ],
    [
      "user without privileges backs up",
      backup("other"),
      at("nobody@pbs"),
      /^missing permissions 'Datastore.Backup' on '\/datastore\/store1'$/,
    ],
    [
      "auditor backs up",
      backup("other"),
      at("audit@pbs"),
      /^missing permissions 'Datastore.Backup' on '\/datastore\/store1'$/,
    ],
    [
      "auditor restores",
      ["restore", snapshot, "app.conf", "-"],
      at("audit@pbs"),
      /^no permissions on \/datastore\/store1$/,
    ],
    [
      "reader forgets",
      ["snapshot", "forget", snapshot],
      at("reader@pbs"),
      /missing permissions|permission check failed/,
    ],
    [
      "writer changes the owner",
      ["change-owner", "host/mine", "writer@pbs"],
      at("writer@pbs"),
      /missing permissions|permission check failed|owner|not own/,
    ],
    [
      "writer writes to somebody else's group",
      backup("mine"),
      at("writer@pbs"),
      /^backup owner check failed \(writer@pbs != admin@pbs\)$/,
    ],
    [
      // Who may only back up is not told of others' snapshots.
      "writer reads somebody else's group",
      ["restore", snapshot, "app.conf", "-"],
      at("writer@pbs"),
      /^snapshot host\/mine\/2023-11-14T22:13:20Z does not exist\.$/,
    ],
    [
      "unknown datastore",
      backup("other"),
      at("admin@pbs", "nosuch"),
      /^no such datastore 'nosuch'$/,
    ],
    ["unknown namespace", backup("other", "--ns", "outer"), {}, /namespace.*outer/],
    ["namespace below", backup("other", "--ns", "inner/deeper"), {}, /namespace.*inner\/deeper/],
    ["locked group", backup("busy"), {}, /locked/],
    ["read snapshot", ["snapshot", "forget", snapshot], {}, /locked/],
    [
      "wrong fingerprint",
      ["list"],
      { PBS_FINGERPRINT: "00:".repeat(31) + "00" },
      /^certificate validation failed - /,
    ],
  ];
  for (const [what, argv, env, expected] of cases) {
    const { PBS_PASSWORD: password, ...others } = { ...admin, ...env };
    const known = what === "expired ticket" ? {} : { PBS_PASSWORD: password! };
    const run = await runClient(argv, { env: { ...others, ...known } });
    const line = what === "wrong fingerprint"
      ? withoutHint(run.stderr).trimEnd().split("\n").at(-1)!.replace("Error: ", "")
      : errorLine(run);
    assertMatch(line, expected, what);
    for (const password of passwords.values()) assert(!run.stderr.includes(password), what);
  }
  assertEquals(await runPeer("find", [`${path}/store/host`, "-name", "other"]), "");
  await assertServes(admin, path);
  await runClientOk(["datastore", "verify", ...store]);
  assertEquals((await server.end()).code, 0);

  // A new certificate: whoever knew the old one does not log in.
  await Deno.remove(`${path}/config/server.pem`);
  await Deno.remove(`${path}/config/server.key`);
  await using changed = await ServerProcess.start({ dir });
  const PBS_REPOSITORY = changed.clientEnvironment.PBS_REPOSITORY!;
  const old = await runClient(["list"], { env: { ...admin, PBS_REPOSITORY } });
  assertMatch(old.stderr, /^WARNING: certificate fingerprint does not match/);
  assertMatch(old.stderr, /^Error: certificate validation failed - /m);
  assertEquals(old.code, FAILURE);
  await Deno.writeTextFile(
    `${path}/run/proxmox-backup/fingerprints`,
    `127.0.0.1 ${admin.PBS_FINGERPRINT}\n`,
  );
  const { PBS_FINGERPRINT: _, ...unpinned } = admin;
  const cached = await runClient(["list"], {
    env: { ...unpinned, PBS_REPOSITORY, XDG_CONFIG_HOME: `${path}/run` },
  });
  assertMatch(cached.stderr, /^Error: certificate validation failed - /m);
  assertEquals(cached.code, FAILURE);
  const log = await Deno.readTextFile(`${path}/config/log/api/access.log`);
  const { PBS_FINGERPRINT } = changed.clientEnvironment;
  await runClientOk(["list"], {
    env: { ...admin, PBS_REPOSITORY, PBS_FINGERPRINT: PBS_FINGERPRINT! },
  });
  for (const password of passwords.values()) assert(!log.includes(password));
  console.log(`${cases.length + 2} refusals`);
});

/** A lock of a datastore that another process holds. */
async function hold(store: string, mode: "exclusive" | "shared", name: string): Promise<Child> {
  const child = new Child("hold_lock.ts", [store, mode, name]);
  assertEquals(await child.line(), "held");
  return child;
}

testWithPeers(
  "a disk that is full under serve ends one backup, and nothing else",
  ["mount"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const mount = `${dir.path}/store`;
    await Deno.mkdir(mount);
    await runPeer("mount", [
      "-t",
      "tmpfs",
      "-o",
      `size=${DISK_BYTES},nr_inodes=200k`,
      "tmpfs",
      mount,
    ]);
    try {
      await using server = await ServerProcess.start({ dir });
      const env = server.clientEnvironment;
      await assertServes(env, dir.path);
      const noise = new Uint8Array(2 * DISK_BYTES);
      for (let at = 0; at < noise.length; at += 65536) {
        crypto.getRandomValues(noise.subarray(at, at + 65536));
      }
      await Deno.mkdir(`${dir.path}/tree`);
      await Deno.writeFile(`${dir.path}/tree/noise`, noise);
      for (const [source, extra] of [["tree.pxar", "tree"], ["disk.img", "tree/noise"]] as const) {
        const run = await runClient(
          ["backup", `${source}:${dir.path}/${extra}`, "--backup-id", "full"],
          { env },
        );
        assertEquals(run.code, FAILURE, run.stderr);
        const errors = run.stderr.split("\n").filter((line) => line.startsWith("Error: "));
        assertEquals(errors.length, 1, run.stderr);
        assertMatch(errors[0]!, /No space left|ENOSPC/);
        assert(!run.stderr.includes("trying again"), run.stderr);
        // The server cleans up a moment after it has refused.
        await eventually(async () => {
          assertEquals(await runPeer("find", [mount, "-path", "*/host/full*", "-ls"]), "");
          assertEquals(await runPeer("find", [mount, "-name", "*.tmp_*"]), "");
        });
      }
      // The administrator makes room; the server is the same.
      await runPeer("mount", ["-o", `remount,size=${4 * DISK_BYTES}`, mount]);
      await assertServes(env, dir.path);
      await runClientOk(["backup", `disk.img:${dir.path}/tree/noise`, "--backup-id", "full"], {
        env,
      });
      await runClientOk(["datastore", "verify", mount]);
      assertEquals((await server.end()).code, 0);
    } finally {
      await runPeer("umount", ["-l", mount]);
    }
  },
);
