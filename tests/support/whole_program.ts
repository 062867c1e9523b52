import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertSameTree, TREE_PEERS } from "./compare_trees.ts";
import { BrowseProcess } from "./page_client.ts";
import { runPeer } from "./run_peer.ts";
import { ServerProcess } from "./server_process.ts";
import { TempDir } from "./temp_dir.ts";

/** The peers that {@linkcode checkWholeProgram} runs. */
export const WHOLE_PROGRAM_PEERS = ["bash", "fusermount3", "setfattr", ...TREE_PEERS] as const;

const MAKE = `
mkdir -p tree/inner; echo first > tree/first; ln tree/first tree/inner/again
ln -s ../first tree/inner/link; head -c 3000000 /dev/urandom > tree/large
truncate -s 2000000 tree/sparse; echo end >> tree/sparse; mkfifo tree/pipe
setfattr -n user.note -v text tree/first; chmod 4750 tree/large
find tree -exec touch -h -d @1500000000.123456789 {} +
`;

const KEYS = fromFileUrl(new URL("../vectors/real/keys", import.meta.url));
const PASSWORD = { PBS_ENCRYPTION_PASSWORD: "a passphrase" };

/**
 * Uses a program, however it was built, for each thing that depends on the runtime below it: version,
 * an encrypted backup into a directory with a master key, the same through `serve` over TLS, restores,
 * a mount in the background, and the page. Needs the superuser.
 *
 * @param program The words that start it.
 * @param env Environment of every process, beside that of the caller.
 * @throws {Error} at the first thing that is not as it should be.
 */
export async function checkWholeProgram(
  program: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  await using dir = await TempDir.make();
  const { path } = dir;
  await runPeer("bash", ["-ec", MAKE], { cwd: path });
  // In memory, where the folders of chunks come and go quickly.
  await using store = await TempDir.make("/dev/shm");
  const common = { XDG_CACHE_HOME: `${path}/cache`, XDG_CONFIG_HOME: `${path}/xdg`, ...env };
  await Deno.mkdir(`${path}/cache`);
  const run = async (args: readonly string[], more: Record<string, string> = {}, stdin = "") =>
    await runOk([...program, ...args], { ...common, ...more }, stdin);

  assertMatch(await run(["version"]), /^client version: \d/);
  // Loads the modules of all commands at once.
  assertMatch(await run(["help"]), /^backup .*$/m);
  const keys = [`--keyfile=${path}/key`, `--master-pubkey-file=${KEYS}/master-public.pem`];
  await run(["key", "create", `${path}/key`, "--kdf=scrypt"], PASSWORD);

  const local = { PBS_REPOSITORY: `${store.path}/store`, ...PASSWORD };
  await run(["backup", `root.pxar:${path}/tree`, "--backup-id=one", "--init", ...keys], local);
  const key = `--keyfile=${path}/key`;
  await run(["restore", "host/one", "root.pxar", `${path}/local`, key], local);
  await assertSameTree(`${path}/tree`, `${path}/local`);
  await checkMasterKey(path, (args, stdin) => run(args, local, stdin));

  await using server = await ServerProcess.start({ program, env: common });
  const remote = { ...server.clientEnvironment, ...PASSWORD };
  const backup = ["backup", `root.pxar:${path}/tree`, "--backup-id=one", ...keys];
  await run([...backup, "--change-detection-mode=metadata"], remote);
  await run(["restore", "host/one", "root.pxar", `${path}/remote`, key], remote);
  await assertSameTree(`${path}/tree`, `${path}/remote`);

  const mounted = `${path}/mounted`;
  await Deno.mkdir(mounted);
  await run(["mount", "host/one", "root.pxar", mounted, key], remote);
  try {
    await assertSameTree(`${path}/tree`, mounted, [], { hasFlags: false });
  } finally {
    await runPeer("fusermount3", ["-u", mounted]);
  }
  await checkPage(program, { ...common, ...remote }, `${path}/key`);
  assertEquals((await server.end()).code, 0);
}

/** The key comes back through the master key, and opens the backup. */
async function checkMasterKey(
  path: string,
  run: (args: readonly string[], stdin?: string) => Promise<string>,
): Promise<void> {
  await run(["restore", "host/one", "rsa-encrypted.key", `${path}/rsa`, "--crypt-mode=none"]);
  const files = [`--master-keyfile=${KEYS}/master-private.pem`, `--encrypted-keyfile=${path}/rsa`];
  await run(["key", "import-with-master-key", `${path}/again`, "--kdf=none", ...files], "\n");
  const target = `${path}/through-master-key`;
  await run(["restore", "host/one", "root.pxar", target, `--keyfile=${path}/again`]);
  await assertSameTree(`${path}/tree`, target);
}

/** The page comes whole, and shows a folder of the encrypted snapshot. */
async function checkPage(
  program: readonly string[],
  env: Record<string, string>,
  key: string,
): Promise<void> {
  await using browse = await BrowseProcess.start(env, [`--keyfile=${key}`], program);
  const client = await browse.enter();
  const page = await client.request("GET", "/");
  assertStringIncludes(new TextDecoder().decode(page.bytes), "/page/page.js");
  const script = await client.request("GET", "/page/page.js");
  assertEquals(script.status, 200);
  assert(script.bytes.length > 10_000, "the page has no program");
  const store = (await client.ask("stores")).stores[0].store;
  const group = { store, type: "host", id: "one" };
  const [{ time }] = (await client.ask("snapshots", group)).snapshots;
  const { entries } = await client.ask("entries", {
    ...group,
    time,
    archive: "root.pxar",
    path: "",
  });
  assert(entries.some(({ name }: { name: string }) => name === "first"), JSON.stringify(entries));
}

async function runOk(
  words: readonly string[],
  env: Record<string, string>,
  stdin: string,
): Promise<string> {
  const [command = "", ...args] = words;
  const child = new Deno.Command(command, {
    args,
    env: { PBS_LOG: "error", LANG: "C.UTF-8", TZ: "UTC", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  if (code !== 0) {
    throw new Error(`${words.join(" ")} ended with ${code}:\n${text.decode(stderr)}`);
  }
  return text.decode(stdout);
}
