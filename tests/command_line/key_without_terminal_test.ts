import { assertEquals, assertMatch } from "@std/assert";
import { runClient, runClientOk } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("keys are made and changed without a terminal, passphrases come from the environment", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [key, word] = [`${dir.path}/k.json`, `${dir.path}/word`];
  await Deno.writeTextFile(word, "third secret\n");
  const opens = async (env: Record<string, string>) => {
    const none = ["key", "change-passphrase", `${dir.path}/copy.json`, "--kdf", "none"];
    await Deno.copyFile(key, `${dir.path}/copy.json`);
    return (await runClient(none, { env })).code;
  };

  await runClientOk(["key", "create", key, "--kdf", "pbkdf2"], {
    env: { PBS_ENCRYPTION_PASSWORD: "first secret" },
  });
  assertEquals(await opens({ PBS_ENCRYPTION_PASSWORD: "first secret" }), 0);
  assertEquals(await opens({ PBS_ENCRYPTION_PASSWORD: "another one" }), 255);

  const change = ["key", "change-passphrase", key, "--kdf", "pbkdf2"];
  await runClientOk(change, {
    env: {
      PBS_ENCRYPTION_PASSWORD: "first secret",
      PBS_NEW_ENCRYPTION_PASSWORD_CMD: "echo second",
    },
  });
  await runClientOk(change, {
    env: { PBS_ENCRYPTION_PASSWORD: "second", PBS_NEW_ENCRYPTION_PASSWORD_FILE: word },
  });
  assertEquals(await opens({ PBS_ENCRYPTION_PASSWORD_FILE: word }), 0);

  const silent = await runClient(change, { env: { PBS_ENCRYPTION_PASSWORD_FILE: word } });
  assertEquals(silent.code, 255);
  assertMatch(silent.stderr, /^Error: unable to change passphrase - no tty\nHint: .*PBS_NEW_ENCR/);
  const short = await runClient(change, {
    env: { PBS_ENCRYPTION_PASSWORD_FILE: word, PBS_NEW_ENCRYPTION_PASSWORD: "abc" },
  });
  assertEquals(short.code, 255);
  assertEquals(await opens({ PBS_ENCRYPTION_PASSWORD_FILE: word }), 0, "the key is as it was");
});

Deno.test("a master key is made and used without a terminal", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const env = { PBS_MASTER_KEY_PASSWORD: "master secret", HOME: dir.path };
  const here = { cwd: dir.path, env };
  await runClientOk(["key", "create-master-key"], here);
  await runClientOk(["key", "create", "k.json", "--kdf", "none"], here);
  await Deno.writeTextFile(`${dir.path}/a.conf`, "a=1\n");
  const store = ["--repository", `${dir.path}/store`];
  const keys = ["--keyfile", "k.json", "--master-pubkey-file", "master-public.pem"];
  await runClientOk(
    ["backup", "a.conf:a.conf", "--backup-id", "a", "--init", ...store, ...keys],
    here,
  );
  await runClientOk(["restore", "host/a", "rsa-encrypted.key.blob", "k.rsa", ...store], here);
  const importing = ["key", "import-with-master-key", "back.json", "--encrypted-keyfile", "k.rsa"];
  await runClientOk([...importing, "--master-keyfile", "master-private.pem", "--kdf", "pbkdf2"], {
    cwd: dir.path,
    env: { ...env, PBS_NEW_ENCRYPTION_PASSWORD: "new secret" },
  });
  await runClientOk(["restore", "host/a", "a.conf", "out", "--keyfile", "back.json", ...store], {
    cwd: dir.path,
    env: { ...env, PBS_ENCRYPTION_PASSWORD: "new secret" },
  });
  assertEquals(await Deno.readTextFile(`${dir.path}/out`), "a=1\n");
});

Deno.test("--version tells the program's name and version", async () => {
  const { stdout } = await runClientOk(["--version"]);
  assertMatch(stdout, /^pbs-client \d+\.\d+\.\d+\n$/);
});
