import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  createCryptConfig,
  generateKey,
  NewMasterKey,
  protectKey,
  serializeKeyFile,
  storeKeyFile,
} from "../../lib/crypto/mod.ts";
import { otherFingerprint } from "../support/other_fingerprint.ts";
import { TempDir } from "../support/temp_dir.ts";
import { watchRun } from "../support/watch_run.ts";

const PASSPHRASE = "planted-passphrase-7c1";
const MASTER_PASSPHRASE = "planted-master-9f2";

Deno.test("no secret is in a command line, a log, an error or a report", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  const rawKey = generateKey();
  const config = await createCryptConfig(rawKey);
  const master = await NewMasterKey.generate(3072);
  const passphrase = new TextEncoder().encode(PASSPHRASE);
  const files: Record<string, string> = {
    bare: serializeKeyFile(await protectKey(rawKey, { kdf: "none" })),
    closed: serializeKeyFile(await protectKey(rawKey, { kdf: "pbkdf2", passphrase })),
    "master.pem": master.publicPem,
    "private.pem": master.protect(MASTER_PASSPHRASE),
  };
  // Key files that something happened to.
  files.cut = files.bare!.slice(0, -1);
  files.unquoted = files.bare!.replaceAll('"', "");
  files.short = files.bare!.replace(rawKey.toBase64(), rawKey.subarray(1).toBase64());
  files.other = files.bare!.replace(/(?<="fingerprint":")[0-9a-f:]+/, otherFingerprint);
  assert(files.other !== files.bare);
  for (const [name, text] of Object.entries(files)) {
    storeKeyFile(`${path}/${name}`, text, { replace: false });
  }
  await Deno.writeTextFile(`${path}/passphrase`, `${PASSPHRASE}\n`);
  await Deno.writeTextFile(`${path}/a.conf`, "x");
  const secrets = [
    PASSPHRASE,
    MASTER_PASSPHRASE,
    rawKey.toBase64().slice(0, 20),
    rawKey.subarray(1).toBase64().slice(0, 20),
    encodeHex(rawKey).slice(0, 20),
    encodeHex(config.idKey).slice(0, 20),
  ];
  const sources: Record<string, string>[] = [
    { PBS_ENCRYPTION_PASSWORD: PASSPHRASE },
    { PBS_ENCRYPTION_PASSWORD_FILE: `${path}/passphrase` },
    { PBS_ENCRYPTION_PASSWORD_CMD: `sh -c 'sleep 0.2; cat ${path}/passphrase'` },
    // Programs that fail after they have said it.
    { PBS_ENCRYPTION_PASSWORD_CMD: `sh -c 'cat ${path}/passphrase; exit 1'` },
    { PBS_ENCRYPTION_PASSWORD: `${PASSPHRASE}x` },
  ];
  const store = `${path}/store`;
  const backup = ["backup", `a.conf:${path}/a.conf`, "--repository", store, "--init", "--debug"];
  const restore = ["restore", "host/t", "a.conf", "-", "--repository", store, "--debug"];
  const runs: { args: string[]; env: Record<string, string>; stdin?: string; code: number }[] = [
    ...sources.map((env, index) => ({
      args: [...backup, "--backup-id", "t", "--keyfile", `${path}/closed`],
      env,
      code: index < 3 ? 0 : 255,
    })),
    ...sources.map((env, index) => ({
      args: [...restore, "--keyfile", `${path}/closed`],
      env,
      code: index < 3 ? 0 : 255,
    })),
    {
      args: [...backup, "--backup-id", "m", "--keyfile", `${path}/bare`]
        .concat(["--master-pubkey-file", `${path}/master.pem`]),
      env: {},
      code: 0,
    },
    ...["cut", "unquoted", "short", "other", "private.pem"].flatMap((name) => [
      { args: [...restore, "--keyfile", `${path}/${name}`], env: {}, code: 255 },
      {
        args: [...backup, "--backup-id", "m", "--keyfile", `${path}/bare`]
          .concat(["--master-pubkey-file", `${path}/${name}`]),
        env: {},
        code: 255,
      },
    ]),
    ...["cut", "unquoted"].flatMap((name) => [
      { args: ["key", "show", `${path}/${name}`], env: {}, code: 255 },
      { args: ["key", "paperkey", `${path}/${name}`], env: {}, code: 255 },
    ]),
    { args: ["key", "show", `${path}/bare`], env: {}, code: 0 },
    {
      args: ["key", "import-with-master-key", `${path}/new`, "--kdf", "none"]
        .concat(["--master-keyfile", `${path}/private.pem`, "--encrypted-keyfile", `${path}/bare`]),
      env: {},
      stdin: `${MASTER_PASSPHRASE}\n`,
      code: 255,
    },
  ];
  let time = 1700000000;
  for (const { args, env, stdin, code } of runs) {
    const words = args[0] === "backup" ? [...args, "--backup-time", String(time++)] : args;
    const run = await watchRun(words, {
      env: { PBS_LOG: "trace", ...env },
      ...(stdin === undefined ? {} : { stdin }),
    });
    assertEquals(run.code, code, `${args.join(" ")}\n${run.said}`);
    assert([...run.seen].some((line) => line.includes(words.join("\0"))), words.join(" "));
    for (const secret of secrets) {
      assert(!run.said.includes(secret), `${args.join(" ")}\n${run.said}`);
      for (const line of run.seen) assert(!line.includes(secret), line);
    }
  }
  // What a snapshot shows to everybody.
  const shown = await watchRun(
    ["snapshot", "list", "--repository", store, "--output-format", "json"],
    {
      env: {},
    },
  );
  for (const secret of secrets) assert(!shown.said.includes(secret));
});
