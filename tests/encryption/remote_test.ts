import { assertEquals, assertStringIncludes } from "@std/assert";
import { realVectorPath } from "../support/real_datastore.ts";
import { runRemote, runRemoteOk } from "../support/remote_command.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

Deno.test("a server keeps encrypted snapshots, the copy of the key and encrypted logs", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await TestServer.start();
  const { path } = dir;
  await Deno.mkdir(`${path}/tree`);
  await Deno.writeTextFile(`${path}/tree/file`, "content\n".repeat(10_000));
  await Deno.writeTextFile(`${path}/log`, "a log\n");
  const key = ["--keyfile", realVectorPath("keys/none.key")];
  const master = ["--master-pubkey-file", realVectorPath("keys/master-public.pem")];
  const snapshot = "host/e/2023-11-14T22:13:20Z";
  const backup = ["backup", `t.pxar:${path}/tree`, `l.log:${path}/log`, "--backup-id", "e"];
  for (const time of ["1700000000", "1700003600"]) {
    await runRemoteOk(server, [...backup, "--backup-time", time, ...key, ...master]);
  }
  await runRemoteOk(server, ["upload-log", snapshot, `${path}/log`, ...key]);
  const listed = await runRemoteOk(server, [
    "snapshot",
    "files",
    snapshot,
    "--output-format",
    "json",
  ]);
  const modes = JSON.parse(listed).map((
    file: { filename: string; "crypt-mode"?: string },
  ) => [file.filename, file["crypt-mode"]]);
  assertEquals(Object.fromEntries(modes), {
    "index.json.blob": "sign-only",
    "t.pxar.didx": "encrypt",
    "l.log.blob": "encrypt",
    "catalog.pcat1.didx": "encrypt",
    "rsa-encrypted.key.blob": "encrypt",
    "client.log.blob": undefined,
  });
  const restore = ["restore", "host/e", "t.pxar"];
  await runRemoteOk(server, [...restore, `${path}/restored`, ...key]);
  assertEquals(
    await Deno.readTextFile(`${path}/restored/file`),
    await Deno.readTextFile(`${path}/tree/file`),
  );
  const refused = await runRemote(server, [...restore, `${path}/other`]);
  assertEquals(refused.code, 255);
  assertStringIncludes(refused.stderr, "Error: missing key - manifest was created with key 10:0e:");
  await runRemoteOk(server, ["restore", "host/e", "rsa-encrypted.key", `${path}/rsa`]);
  assertEquals((await Deno.stat(`${path}/rsa`)).size, 512);
});
