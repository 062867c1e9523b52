import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type ClientRun, runClient, runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const STORE = "/datastore/store1";

/** Runs management commands on a server's folder. */
function manage(folder: string): (words: string, secret?: string) => Promise<ClientRun> {
  return (words, secret) =>
    runClient(["serve", ...words.split(" "), `--config=${folder}`], {
      env: { ...secret === undefined ? {} : { PBS_NEW_PASSWORD: secret }, COLUMNS: "200" },
    });
}

Deno.test("users, tokens and roles that are changed hold for the next request of a running server", async () => {
  await using server = await ServerProcess.start();
  await using source = await TempDir.make();
  await Deno.writeTextFile(`${source.path}/file`, "content");
  const admin = server.clientEnvironment;
  const run = manage(`${server.dir.path}/config`);
  const change = async (words: string, secret?: string) => {
    const done = await run(words, secret);
    assertEquals([done.code, done.stderr], [0, ""], words);
    return done.stdout;
  };
  const as = (authId: string, secret: string): Record<string, string> => ({
    ...admin,
    PBS_REPOSITORY: admin.PBS_REPOSITORY!.replace("admin@pbs", authId),
    PBS_PASSWORD: secret,
  });
  let time = 1700000000;
  const backUp = async (env: Record<string, string>) =>
    await runClient([
      "backup",
      `a.pxar:${source.path}`,
      "--backup-id=a",
      `--backup-time=${time++}`,
    ], { env });
  const refused = async (env: Record<string, string>, text: string) => {
    const { code, stderr } = await backUp(env);
    assertEquals(code, 255);
    assertStringIncludes(stderr, text);
  };

  await refused(as("joe@pbs", "joe's secret"), "permission check failed.");
  await change("user create joe@pbs", "joe's secret");
  const joe = as("joe@pbs", "joe's secret");
  await refused(joe, `missing permissions 'Datastore.Backup' on '${STORE}'`);
  await change(`acl update ${STORE} DatastorePowerUser --auth-id joe@pbs`);
  assertEquals((await backUp(joe)).code, 0);

  const { value } = JSON.parse(await change("token generate joe@pbs!ci --output-format json"));
  const token = as("joe@pbs!ci", value);
  await refused(token, `missing permissions 'Datastore.Backup' on '${STORE}'`);
  await change(`acl update ${STORE} DatastoreAudit --auth-id joe@pbs!ci`);
  await refused(token, `missing permissions 'Datastore.Backup' on '${STORE}'`);
  await change(`acl update ${STORE} Admin --auth-id joe@pbs!ci`);
  await refused(token, "backup owner check failed (joe@pbs!ci != joe@pbs)");
  const mine = { ...token, PBS_REPOSITORY: token.PBS_REPOSITORY! };
  const own = await runClient([
    "backup",
    `a.pxar:${source.path}`,
    "--backup-id=token",
    "--backup-time=1700000000",
  ], { env: mine });
  assertEquals(own.code, 0, own.stderr);
  const fresh = JSON.parse(await change("token regenerate joe@pbs!ci --output-format json"));
  await refused(token, "was refused");
  assert(fresh.value !== value);
  const known = await runClient(["list"], { env: as("joe@pbs!ci", fresh.value) });
  assertEquals(known.code, 0, known.stderr);

  await change("user passwd joe@pbs", "another secret");
  await refused(joe, "was refused");
  const joe2 = as("joe@pbs", "another secret");
  assertEquals((await backUp(joe2)).code, 0);
  await change("user disable joe@pbs");
  await refused(joe2, "was refused");
  await refused(as("joe@pbs!ci", fresh.value), "was refused");
  await change("user enable joe@pbs");
  assertEquals((await backUp(joe2)).code, 0);
  await change("user update joe@pbs --expire 1 --comment gone");
  await refused(joe2, "was refused");
  await change("user update joe@pbs --expire 0");
  await change(`acl update ${STORE} DatastorePowerUser --auth-id joe@pbs --delete`);
  await refused(joe2, "missing permissions");
  await change("user remove joe@pbs");
  await refused(joe2, "was refused");
  const config = await Deno.readTextFile(`${server.dir.path}/config/server.cfg`);
  assert(!config.includes("joe@pbs"), config);
  const secrets = await Deno.readTextFile(`${server.dir.path}/config/secrets.json`);
  assert(!secrets.includes("joe@pbs"), secrets);
  assertEquals((await runClient(["status"], { env: admin })).code, 0);
});

Deno.test("a configuration that was broken by hand is told, and the last good one stays in force", async () => {
  await using server = await ServerProcess.start();
  const path = `${server.dir.path}/config/server.cfg`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, `${text}\nacl: /\n\tadmin@pbs Emperor\n`);
  await runClientOk(["status"], { env: server.clientEnvironment });
  const run = manage(`${server.dir.path}/config`);
  const { code, stderr } = await run("user create joe@pbs", "long enough");
  assertEquals(code, 255);
  assertStringIncludes(stderr, `there is no role "Emperor"`);
  await Deno.writeTextFile(path, text.replace("admin@pbs Admin", "admin@pbs NoAccess"));
  const { stderr: refusal } = await runClient(["status"], { env: server.clientEnvironment });
  assertStringIncludes(refusal, "permission check failed");
});

Deno.test("the configuration is made before the first start, readable for nobody else", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = `${dir.path}/config`;
  const run = manage(folder);
  const { stdout } = await run("user list --output-format json");
  assertEquals(JSON.parse(stdout).map(({ userid }: { userid: string }) => userid), ["admin@pbs"]);
  assertEquals((await run("user create joe@pbs", "long enough")).code, 0);
  const token = JSON.parse((await run("token generate joe@pbs!a --output-format json")).stdout);
  await run("tfa recovery joe@pbs");
  await run(`acl update ${STORE} DatastoreBackup --auth-id joe@pbs --propagate false`);
  for (const name of ["server.cfg", "secrets.json", "tfa.json", ".lock"]) {
    const { mode } = await Deno.stat(`${folder}/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, name);
    const text = await Deno.readTextFile(`${folder}/${name}`);
    assert(!text.includes("long enough") && !text.includes(token.value), name);
  }
  assertStringIncludes(
    await Deno.readTextFile(`${folder}/server.cfg`),
    `acl: ${STORE}\n\tjoe@pbs DatastoreBackup here-only\n`,
  );
  const permissions = await run("user permissions joe@pbs --output-format json");
  assertEquals(JSON.parse(permissions.stdout), { [STORE]: { "Datastore.Backup": false } });
});

Deno.test("mistakes of an administrator are one clear line and change nothing", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = `${dir.path}/config`;
  const run = manage(folder);
  await run("user create joe@pbs", "long enough");
  const before = await Deno.readTextFile(`${folder}/server.cfg`);
  for (
    const [words, message, secret] of [
      ["user create joe@pbs", `user "joe@pbs" exists already`, "long enough"],
      ["user create joe", `"joe" is not of the form name@realm`, "long enough"],
      ["user create joe@pbs!x", "is not of the form name@realm", "long enough"],
      ["user create eve@pbs", "a password has 8 to 1024 characters", "short"],
      ["user create eve@pbs", "PBS_NEW_PASSWORD is not set"],
      ["user passwd eve@pbs", `there is no user "eve@pbs"`, "long enough"],
      ["user update eve@pbs --comment x", `there is no user "eve@pbs"`],
      ["user remove joe@pbs!x", "is not of the form name@realm"],
      ["user permissions eve@pbs", `there is no user or token "eve@pbs"`],
      ["token generate eve@pbs!x", `there is no user "eve@pbs"`],
      ["token generate joe@pbs", "is not of the form name@realm!token"],
      ["token delete joe@pbs!x", `there is no token "joe@pbs!x"`],
      [`acl update ${STORE} Emperor --auth-id joe@pbs`, `there is no role "Emperor"`],
      [`acl update store1 Admin --auth-id joe@pbs`, "is not a path like /datastore/store1"],
      [`acl update ${STORE} Admin --auth-id eve@pbs`, `there is no user "eve@pbs"`],
      [`acl update ${STORE} Admin --auth-id joe@pbs --delete`, `does not have the role "Admin"`],
      ["tfa delete joe@pbs", "has no second factor"],
      ["tfa add eve@pbs", `there is no user "eve@pbs"`],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(words, secret);
    assertEquals([code, stdout], [255, ""], words);
    assertStringIncludes(stderr, message, words);
    assertEquals(stderr.trim().split("\n").length, 1, stderr);
  }
  const comment = await runClient([
    "serve",
    "user",
    "update",
    "joe@pbs",
    "--comment=a\nacl: /",
    `--config=${folder}`,
  ]);
  assertEquals(comment.code, 255);
  const weak = await runClient(["serve", "tfa", "add", "joe@pbs", `--config=${folder}`], {
    env: { PBS_NEW_TOTP_SECRET: "ABCD" },
  });
  assertStringIncludes(weak.stderr, "less than 128 bits");
  assertEquals(await Deno.readTextFile(`${folder}/server.cfg`), before);
});

Deno.test("changes that are made at once are all made", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { ServerAdministration } = await import("../../lib/server/mod.ts");
  const names = Array.from({ length: 12 }, (_, i) => `user${i}@pbs`);
  await Promise.all(
    names.map((name) =>
      new ServerAdministration(`${dir.path}/config`).createUser(name, "long enough", {})
    ),
  );
  const { accounts } = await new ServerAdministration(`${dir.path}/config`).config();
  assertEquals(accounts.map(({ authId }) => authId).sort(), ["admin@pbs", ...names].sort());
  const secrets = JSON.parse(await Deno.readTextFile(`${dir.path}/config/secrets.json`));
  assertEquals(Object.keys(secrets).sort(), names.toSorted());
});
