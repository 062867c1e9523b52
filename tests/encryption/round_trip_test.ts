import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  createCryptConfig,
  type CryptConfig,
  generateKey,
  protectKey,
  serializeKeyFile,
  storeKeyFile,
} from "../../lib/crypto/mod.ts";
import type { BackupEnd } from "../support/back_up.ts";
import { backUp } from "../support/back_up.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { realVectorPath } from "../support/real_datastore.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const opener = fromFileUrl(new URL("../support/open_blob.py", import.meta.url));
const PASSPHRASE = "a planted passphrase";

/** A key file under {@linkcode PASSPHRASE}. @returns The raw key. */
async function makeKey(path: string): Promise<Uint8Array> {
  const rawKey = generateKey();
  const passphrase = new TextEncoder().encode(PASSPHRASE);
  const file = await protectKey(rawKey, { kdf: "pbkdf2", passphrase });
  storeKeyFile(path, serializeKeyFile(file), { replace: false });
  return rawKey;
}

/** Runs a script of another program with a key on its standard input. */
async function openBlob(path: string, rawKey: Uint8Array): Promise<Uint8Array> {
  const child = new Deno.Command("python3", {
    args: [opener, path],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(encodeHex(rawKey)));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert(success, new TextDecoder().decode(stderr));
  return stdout;
}

testWithPeers(
  "an encrypted tree comes back with its key, its passphrase, and through the master key",
  [...TREE_PEERS, "python3", "setcap", "setfacl", "openssl", "zstd"],
  async (test) => {
    await using dir = await TempDir.make("/var/tmp");
    await using storeDir = await TempDir.make("/dev/shm");
    const { path } = dir;
    const source = `${path}/source`;
    await runPeer("python3", [museum, source, "11"]);
    // Exclusion has tests of its own; here everything must come back.
    await runPeer("rm", ["-rf", `${source}/exclude`]);
    await Deno.writeTextFile(`${path}/app.conf`, "setting = 1\n".repeat(500));
    const rawKey = await makeKey(`${path}/key`);
    await Deno.writeTextFile(`${path}/passphrase`, `${PASSPHRASE}\nnot this line\n`);
    const store = `${storeDir.path}/store`;
    const common = ["--repository", store];
    const withKey = [...common, "--keyfile", `${path}/key`];
    const env = { HOME: path, DENO_DIR: denoDir(), PBS_ENCRYPTION_PASSWORD: PASSPHRASE };
    await runClientOk([
      "backup",
      `tree.pxar:${source}`,
      `app.conf:${path}/app.conf`,
      ...withKey,
      "--master-pubkey-file",
      realVectorPath("keys/master-public.pem"),
      "--init",
      "--backup-id",
      "test",
    ], { env });

    await test.step("with key file and passphrase from a file", async () => {
      const { PBS_ENCRYPTION_PASSWORD: _, ...others } = env;
      const fileEnv = { ...others, PBS_ENCRYPTION_PASSWORD_FILE: `${path}/passphrase` };
      const target = `${path}/restored-1`;
      await runClientOk(["restore", "host/test", "tree.pxar", target, ...withKey], {
        env: fileEnv,
      });
      await assertSameTree(source, target);
    });

    await test.step("with the default key and a passphrase from a command", async () => {
      const { PBS_ENCRYPTION_PASSWORD: _, ...others } = env;
      const config = `${path}/config`;
      await Deno.mkdir(`${config}/proxmox-backup`, { recursive: true });
      await Deno.copyFile(`${path}/key`, `${config}/proxmox-backup/encryption-key.json`);
      const commandEnv = {
        ...others,
        XDG_CONFIG_HOME: config,
        PBS_ENCRYPTION_PASSWORD_CMD: `cat '${path}/passphrase'`,
      };
      const target = `${path}/restored-2`;
      const run = await runClientOk(["restore", "host/test", "tree.pxar", target, ...common], {
        env: commandEnv,
      });
      assertStringIncludes(run.stderr, "Using default encryption key..\nFingerprint: ");
      await assertSameTree(source, target);
    });

    await test.step("through the master key", async () => {
      await runClientOk(["restore", "host/test", "rsa-encrypted.key", `${path}/rsa`, ...common], {
        env,
      });
      const imported = `${path}/imported`;
      await runClientOk(
        ["key", "import-with-master-key", imported, "--kdf", "pbkdf2"].concat(
          ["--master-keyfile", realVectorPath("keys/master-private.pem")],
          ["--encrypted-keyfile", `${path}/rsa`],
        ),
        { env, stdin: new TextEncoder().encode("\nanother one\nanother one\n") },
      );
      assertEquals(Deno.statSync(imported).mode! & 0o777, 0o600);
      const target = `${path}/restored-3`;
      await runClientOk(
        ["restore", "host/test", "tree.pxar", target, ...common, "--keyfile", imported],
        { env: { ...env, PBS_ENCRYPTION_PASSWORD: "another one" } },
      );
      await assertSameTree(source, target);
    });

    await test.step("openssl opens the copy for the owner of the master key", async () => {
      const text = await runPeer(
        "openssl",
        ["pkeyutl", "-decrypt", "-inkey", realVectorPath("keys/master-private.pem")]
          .concat(["-pkeyopt", "rsa_padding_mode:pkcs1", "-in", `${path}/rsa`]),
      );
      assertEquals(text.length, 255);
      const { kdf, data } = JSON.parse(text);
      assertEquals([kdf, data], [null, btoa(String.fromCharCode(...rawKey))]);
    });

    await test.step("openssl's AES opens blobs and chunks", async () => {
      const [snapshot] = [...Deno.readDirSync(`${store}/host/test`)].filter(({ isDirectory }) =>
        isDirectory
      );
      const folder = `${store}/host/test/${snapshot!.name}`;
      const conf = await openBlob(`${folder}/app.conf.blob`, rawKey);
      assertEquals(conf, await Deno.readFile(`${path}/app.conf`));
      const chunks = (await runPeer("find", [`${store}/.chunks`, "-type", "f", "-size", "-64k"]))
        .trimEnd().split("\n");
      const { computeDigest } = await createCryptConfig(rawKey).then((config) => ({
        computeDigest: (plain: Uint8Array) => encodeHex(config.computeDigest(plain)),
      }));
      assert(chunks.length > 0);
      for (const chunk of chunks.slice(0, 3)) {
        const plain = await openBlob(chunk, rawKey);
        assertEquals(computeDigest(plain), chunk.split("/").at(-1));
      }
    });

    await test.step("nothing of the plain text is in the datastore", async () => {
      for (const plain of ["setting = 1", "bottom", PASSPHRASE]) {
        await runPeer("grep", ["-r", "-l", "-a", "-F", plain, store], { codes: [1] });
      }
    });
  },
);

/** Where the runtime keeps its modules, whatever the home folder is. */
function denoDir(): string {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  return Deno.env.get("DENO_DIR") ?? `${cache}/deno`;
}

Deno.test("chunks of one key are stored once, those of different keys never shared", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const bytes = new Uint8Array(400_000);
  for (let at = 0; at < bytes.length; at += 50_000) {
    crypto.getRandomValues(bytes.subarray(at, at + 50_000));
  }
  await Deno.mkdir(`${dir.path}/tree`);
  await Deno.writeFile(`${dir.path}/tree/file`, bytes);
  await Deno.writeFile(`${dir.path}/image`, bytes);
  const one = await createCryptConfig(generateKey());
  const two = await createCryptConfig(generateKey());
  await withLocalRepository(async (repository) => {
    let time = 1700000000;
    const run = async (
      config: CryptConfig | undefined,
      mode: "encrypt" | "sign-only" = "encrypt",
      id = "group",
    ): Promise<BackupEnd & { shares: number[]; chunks: number }> => {
      const specs = [`t.pxar:${dir.path}/tree`, `i.img:${dir.path}/image`];
      const end = await backUp(repository, { type: "host", id, time: time++ }, specs, {
        ...(config === undefined ? {} : { crypt: { config, mode } }),
      });
      const { stdout } = await new Deno.Command("find", {
        args: [`${repository.datastore.path}/.chunks`, "-type", "f"],
      }).output();
      return {
        ...end,
        shares: end.report.archives.map(({ newBytes, sizeBytes }) => newBytes / sizeBytes),
        chunks: new TextDecoder().decode(stdout).trimEnd().split("\n").length,
      };
    };
    const first = await run(one);
    assertEquals(first.shares, [1, 1, 1]);
    const same = await run(one);
    assertEquals([same.shares, same.chunks], [[0, 0, 0], first.chunks]);
    // Another group does not know the chunks, the datastore does.
    const elsewhere = await run(one, "encrypt", "elsewhere");
    assertEquals([elsewhere.shares, elsewhere.chunks], [[1, 1, 1], first.chunks]);
    const other = await run(two);
    assertEquals([other.shares, other.chunks], [[1, 1, 1], first.chunks * 2]);
    const plain = await run(undefined);
    assertEquals([plain.shares, plain.chunks], [[1, 1, 1], first.chunks * 3]);
    // What is signed only is stored as if it were not.
    const signed = await run(two, "sign-only");
    assertEquals([signed.shares, signed.chunks], [[0, 0, 0], first.chunks * 3]);
    const back = await run(one);
    assertEquals([back.shares, back.chunks], [[1, 1, 1], first.chunks * 3]);
  });
});

Deno.test("the previous snapshot is used under the rules of keys", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/image`, "x".repeat(100_000));
  const one = await createCryptConfig(generateKey());
  const two = await createCryptConfig(generateKey());
  await withLocalRepository(async (repository) => {
    let time = 1700000000;
    const linesOf = async (config?: CryptConfig) => {
      const { lines } = await backUp(
        repository,
        { type: "host", id: "group", time: time++ },
        [`i.img:${dir.path}/image`],
        config === undefined ? {} : { crypt: { config, mode: "encrypt" } },
      );
      return lines.filter((line) => line.startsWith("Couldn't"));
    };
    assertEquals(await linesOf(one), []);
    assertEquals(await linesOf(one), []);
    assertEquals(await linesOf(two), [
      "Couldn't download previous manifest - wrong key - unable to verify signature since " +
      `manifest's key ${one.keyId} does not match provided key ${two.keyId}`,
    ]);
    assertEquals(await linesOf(), [
      `Couldn't re-use previous manifest - missing key - manifest was created with key ${two.keyId}`,
    ]);
    assertEquals(await linesOf(), []);
    assertEquals(await linesOf(one), []);
  });
});

Deno.test("a backup that has no usable key makes no snapshot", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await makeKey(`${dir.path}/key`);
  const store = `${dir.path}/store`;
  await Deno.writeTextFile(`${dir.path}/a.conf`, "x");
  const argv = ["backup", `a.conf:${dir.path}/a.conf`, "--repository", store, "--init"];
  for (
    const [more, reason] of [
      [[], "no password input mechanism available"],
      [["--crypt-mode", "none"], "mutually exclusive"],
    ] as const
  ) {
    const run = await runClient([...argv, "--keyfile", `${dir.path}/key`, ...more]);
    assertEquals(run.code, 255);
    assertStringIncludes(run.stderr, reason);
  }
  assertEquals([...Deno.readDirSync(dir.path)].some(({ name }) => name === "store"), false);
});
