// What a newcomer at a server is told to do, after the words of the refusal.
import { assertEquals, assertMatch } from "@std/assert";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { runRemote, serverEnvironment } from "../support/remote_command.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";
import { TempDir } from "../support/temp_dir.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

const ACCOUNTS = {
  accounts: [
    ...ADMINISTRATOR.accounts,
    ...["writer", "reader", "nobody"].map((name) => ({
      authId: `${name}@pbs`,
      enabled: true,
      expire: 0,
    })),
  ],
  rules: [
    ...ADMINISTRATOR.rules,
    ...[
      ["writer@pbs", "DatastoreBackup"],
      // Sees groups that are not its own.
      ["reader@pbs", "DatastoreBackup", "DatastoreAudit"],
    ].map(([authId = "", ...roles]) => ({
      path: "/datastore/store1",
      authId,
      roles,
      propagate: true,
    })),
  ],
  secrets: {
    ...ADMINISTRATOR.secrets,
    "writer@pbs": "a password",
    "reader@pbs": "a password",
    "nobody@pbs": "a password",
  },
};

Deno.test("who is not let in by a server, or may not do it, is told one thing to do", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/file`, "setting = 1\n");
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  await using repository = await openRemoteRepository(
    remoteOptions(server, { authId: "admin@pbs!ci" }),
  );
  await writeSnapshot(repository, { type: "host", id: "mine", time: 1700000000 }, [
    await makeChunk(1, 100),
  ]);
  const home = { HOME: dir.path, XDG_RUNTIME_DIR: "", XDG_CONFIG_HOME: dir.path };
  const as = (name: string) => serverEnvironment(server, `${name}@pbs`);
  const backup = ["backup", `a.conf:${dir.path}/file`, "--backup-id"];
  const { fingerprint } = server.certificate;
  const cases: [argv: string[], env: Record<string, string | null>, hint: RegExp][] = [
    [
      ["list"],
      { PBS_FINGERPRINT: null },
      new RegExp(`compare the fingerprint.*PBS_FINGERPRINT=${fingerprint} .*"\\S+ login"`),
    ],
    [["list"], { PBS_FINGERPRINT: "aa" }, new RegExp(`PBS_FINGERPRINT=${fingerprint} `)],
    [["list"], { PBS_PASSWORD: "wrong" }, /secret of the API token, not the user's password/],
    [["list"], { ...as("writer"), PBS_PASSWORD: "wrong" }, /user, realm and password.*logout"/],
    [
      ["list"],
      { PBS_REPOSITORY: `127.0.0.1:${server.port}:store1`, PBS_PASSWORD: "wrong" },
      /without a user in the repository it is root@pam/,
    ],
    [["list"], { PBS_PASSWORD: null }, /PBS_PASSWORD_FILE.* to the secret of the API token/],
    [["list"], { ...as("writer"), PBS_PASSWORD: null }, /PBS_PASSWORD_FILE.*"\S+ login"/],
    [
      ["list"],
      as("nobody"),
      /give nobody@pbs a role on \/datastore\/store1, e\.g\. DatastoreBackup/,
    ],
    [
      [...backup, "mine"],
      as("writer"),
      /a group that somebody else has made needs change-owner, or take another --backup-id/,
    ],
    [
      [...backup, "mine"],
      as("reader"),
      /log in as admin@pbs!ci, .*--backup-id.*change-owner host\/mine/,
    ],
    [
      [...backup, "mine", "--backup-time", "1600000000"],
      {},
      /host\/mine\/2023-11-14T22:13:20Z.*snapshot forget/,
    ],
  ];
  for (const [argv, env, hint] of cases) {
    const { code, stderr } = await runRemote(server, argv, { ...home, ...env });
    assertEquals(code, 255, stderr);
    assertEquals(stderr.match(/^Hint: /gm)?.length, 1, stderr);
    assertMatch(/^Hint: (.*)\n$/m.exec(stderr)?.[1] ?? "", hint, stderr);
  }
});
