import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { formatEntryTime } from "../../cli/output/format_entry_time.ts";
import { ArchiveReader } from "../../lib/browse/mod.ts";
import { readContent } from "../../lib/download/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { CheckedSnapshot, ChunkCache } from "../../lib/reading/mod.ts";
import { findSnapshot } from "../../lib/repository/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { countedSource } from "../support/counted_source.ts";
import { SHELL_NOISE } from "../support/noise.ts";
import { clientCommand, runtimeFolder } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const ATTRIBUTE_PEERS = ["setfacl", "setfattr", "getfacl", "getfattr"];

/** A tree with links in and out of its folders; a file that takes many chunks lies between. */
const MAKE = `${SHELL_NOISE}
mkdir -p a b/inner "with space"
noise 1000 1 > a/first; ln a/first b/again; ln -s ../a/first b/link; ln -s /b rooted
ln -s nowhere dangling; ln -s circle circle
noise 6000000 2 > b/large; echo last > b/inner/last; truncate -s 30000001 b/hole
echo odd > "$(printf 'with space/line\\nbreak')"; echo raw > "$(printf 'with space/\\377')"
chmod 4750 a/first; setfacl -m u:1000:r b/inner/last; setfattr -n user.k -v v b/inner/last
find . -exec touch -h -d @1500000000.5 {} +
`;

interface World {
  readonly dir: string;
  readonly store: string;
  readonly served: Record<string, string>;
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/var/tmp");
  await using server = await TestServer.start();
  const store = server.datastorePath;
  await Deno.mkdir(`${dir.path}/tree`);
  await runPeer("bash", ["-ec", MAKE], { cwd: `${dir.path}/tree` });
  await Deno.writeFile(`${dir.path}/disk`, crypto.getRandomValues(new Uint8Array(50_001)));
  await Deno.writeTextFile(`${dir.path}/note`, "a note\n");
  assertEquals(
    (await runInProcess(["key", "create", `${dir.path}/key`, "--kdf=none"], {})).code,
    0,
  );
  for (const [id, mode, key] of KINDS) {
    const { code, stderr } = await runInProcess([
      "backup",
      `t.pxar:${dir.path}/tree`,
      `disk.img:${dir.path}/disk`,
      `note.conf:${dir.path}/note`,
      `--backup-id=${id}`,
      `--change-detection-mode=${mode}`,
      "--chunk-size=64",
      ...key ? [`--keyfile=${dir.path}/key`] : [],
    ], { PBS_REPOSITORY: store, XDG_CACHE_HOME: `${dir.path}/cache` });
    assertEquals(code, 0, stderr);
  }
  await body({
    dir: dir.path,
    store,
    served: {
      PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
      PBS_PASSWORD: "a password",
      PBS_FINGERPRINT: server.certificate.fingerprint,
    },
  });
}

const KINDS = [
  ["plain-legacy", "legacy", false],
  ["plain-split", "data", false],
  ["secret-legacy", "legacy", true],
  ["secret-split", "data", true],
] as const;

/** Runs a line of shell in which `pbs-client` is the program. @returns What it wrote as errors. */
async function shell(
  line: string,
  dir: string,
  environment: Record<string, string>,
): Promise<string> {
  const command = clientCommand([]).map((word) => `'${word}'`).join(" ");
  const output = await new Deno.Command("bash", {
    args: [
      "-ec",
      `set -o pipefail; pbs-client() { ${command} "$@"; }\n` +
      `fails() { if "$@"; then return 1; fi; }\n${line}`,
    ],
    cwd: dir,
    env: { TZ: "UTC", DENO_DIR: runtimeFolder(), XDG_CACHE_HOME: `${dir}/cache`, ...environment },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const errors = new TextDecoder().decode(output.stderr);
  assertEquals(output.code, 0, `${line}\n${errors}${new TextDecoder().decode(output.stdout)}`);
  return errors;
}

testWithPeers(
  "ls and cat show what is in a snapshot: plain and encrypted, legacy and split, directory and server",
  ["bash", "openssl", "cmp", "diff", "python3", "tar", ...ATTRIBUTE_PEERS],
  async (test) => {
    await withWorld(async ({ dir, store, served }) => {
      for (const [id, _, isSecret] of KINDS) {
        const key = isSecret ? [`--keyfile=${dir}/key`] : [];
        const local = { PBS_REPOSITORY: store };
        const ls = async (where: Record<string, string>, ...args: string[]) => {
          const env = { ...where, TZ: "UTC", XDG_CACHE_HOME: `${dir}/cache` };
          return await runInProcess(["ls", `host/${id}`, "t.pxar", ...args, ...key], env);
        };
        for (const where of [local, served]) {
          await test.step(`ls ${id} ${where === local ? "directory" : "server"}`, async () => {
            const time = formatEntryTime(1_500_000_000);
            const long = await ls(where, "/a/../a");
            assertEquals(long.stdout, `-rwsr-x---  0 0 1000 ${time} first\n`, long.stderr);
            const through = await ls(where, "rooted/");
            assertEquals(through.stdout.replaceAll(/  +/g, " ").split("\n"), [
              `-rwsr-x--- 0 0 1000 ${time} again = a/first`,
              `-rw-r--r-- 0 0 30000001 ${time} hole`,
              `drwxr-xr-x 0 0 0 ${time} inner`,
              `-rw-r--r-- 0 0 6000000 ${time} large`,
              `lrwxrwxrwx 0 0 10 ${time} link -> ../a/first`,
              "",
            ]);
            assertMatch(
              (await ls(where, "b/inner/last")).stdout,
              /^-rw-r--r--\+ .* b\/inner\/last\n$/,
            );
            const names = await ls(where, "with space", "--names");
            assertEquals(names.stdout, '"line\\nbreak"\n"\\xFF"\n');
          });
        }
        await test.step(`ls ${id}: all, JSON, and what is not there`, async () => {
          const expected = await runPeer("find", [
            `${dir}/tree`,
            "-mindepth",
            "1",
            "-printf",
            "/%P\\0",
          ]);
          const { stdout } = await ls(local, "--recursive", "--output-format=json");
          const { archive, entries } = JSON.parse(stdout);
          assertEquals(archive, "t.pxar");
          const paths = entries.map(({ path }: { path: string }) => path) as string[];
          assertEquals(paths.toSorted(), expected.split("\0").slice(0, -1).toSorted());
          const raw = entries.find((entry: Record<string, string>) => "path-base64" in entry);
          assertEquals(raw["path-base64"], btoa("/with space/\xff"));
          const again = entries.find(({ path }: { path: string }) => path === "/b/again");
          assertEquals([again.type, again.target, again.size, again.mode], [
            ...["hardlink", "/a/first"],
            ...[1000, 0o104750],
          ]);
          for (
            const [path, reason] of [
              ["none", '"none" does not exist in the archive'],
              ["a/first/", "leads through something that is no directory"],
              [
                "dangling/",
                '"dangling/" does not exist in the archive, to which the link "nowhere"',
              ],
              ["circle/", "has too many symbolic links"],
            ] as const
          ) {
            const run = await ls(local, path);
            assertNotEquals(run.code, 0);
            assertStringIncludes(run.stderr, reason);
          }
        });
        await test.step(`cat ${id}`, async () => {
          await shell(
            `
            cat() { pbs-client cat host/${id} "$@" ${key.join(" ")}; }
            cat t.pxar rooted/link | cmp - tree/a/first
            cat t.pxar /b/large --offset 1000000 --length 3000000 |
              cmp - <(tail -c +1000001 tree/b/large | head -c 3000000)
            cat t.pxar b/hole | cmp - tree/b/hole
            rm -rf out; mkdir out
            cat t.pxar / | tar --numeric-owner --xattrs --xattrs-include='*' --acls -xpSC out
            diff -r --no-dereference tree out
            [ "$(cd tree && getfattr -dR -m- --absolute-names . && getfacl -nR . && stat -c '%n %a %Y %h' b/*)" = \\
              "$(cd out && getfattr -dR -m- --absolute-names . && getfacl -nR . && stat -c '%n %a %Y %h' b/*)" ]
            [ "$(stat -c %b out/b/hole)" -lt 20000 ]
            `,
            dir,
            isSecret ? served : local,
          );
          await shell(
            `
            cat() { pbs-client cat host/${id} "$@" ${key.join(" ")}; }
            cat disk.img | cmp - disk
            cat disk.img --offset 40000 --length 100000 | cmp - <(tail -c +40001 disk)
            cat note.conf | cmp - note
            cat t.pxar b --format zip > b.zip
            python3 -c 'import zipfile; z = zipfile.ZipFile("b.zip"); assert z.testzip() is None
            assert z.read("b/again") == open("tree/a/first", "rb").read()
            assert z.read("b/hole") == open("tree/b/hole", "rb").read()'
            cat t.pxar a/first --format tar | tar -xO first | cmp - tree/a/first
            `.replaceAll("            assert", "assert"),
            dir,
            isSecret ? local : served,
          );
        });
      }
      await test.step("cat refuses what makes no sense, and ends quietly with its reader", async () => {
        const errors = await shell(
          `
          cat() { pbs-client cat host/plain-split "$@"; }
          fails cat t.pxar
          fails cat t.pxar a --format file
          fails cat t.pxar a --offset 3
          fails cat disk.img /x
          fails cat disk.img --format zip
          fails cat t.pxar dangling
          `,
          dir,
          { PBS_REPOSITORY: store },
        );
        assertEquals(lines(errors).filter((line) => line.startsWith("Error: ")), [
          'Error: "a" is a directory and has no content, it can be tar or zip',
          'Error: "dangling" does not exist in the archive, to which the link "nowhere" leads',
          'Error: "disk.img" is not a file archive, it cannot be zip',
          'Error: "disk.img" is not a file archive, it has no paths',
          "Error: option 'offset' needs the content of a file",
          "Error: the path within the archive is missing; / for all of it",
        ]);
        const closed = await shell(
          "set +o pipefail; pbs-client cat host/plain-split t.pxar / | head -c 1000 > /dev/null",
          dir,
          { PBS_REPOSITORY: store },
        );
        assertEquals(closed, "");
      });
      await test.step("a small file costs the chunks that lead to it, and its own", async () => {
        await countChunks(store);
      });
      await test.step("cat names what is damaged, and loses nothing else", async () => {
        for (
          const [id, name] of [["plain-legacy", "t.pxar"], ["plain-split", "t.ppxar"]] as const
        ) {
          await damage(store, id, `${name}.didx`);
          await shell(
            `
            rm -rf out; mkdir out
            fails pbs-client cat host/${id} t.pxar b/large > large 2> errors
            grep -q '^Error: "b/large": ' errors
            fails pbs-client cat host/${id} t.pxar b > b.tar 2> errors
            grep -q '^cannot read "large": ' errors
            grep -q '^Error: "large": ' errors
            fails tar -xpSf b.tar -C out
            cmp out/b/again tree/a/first; cmp out/b/inner/last tree/b/inner/last
            pbs-client cat host/${id} t.pxar a/first | cmp - tree/a/first
            `,
            dir,
            { PBS_REPOSITORY: store },
          );
        }
      });
    });
  },
);

function lines(text: string): string[] {
  return text.trimEnd().split("\n").toSorted();
}

/** Removes a chunk from the middle of an archive's stream, where the large file lies. */
async function damage(store: string, id: string, name: string): Promise<void> {
  const path = (await runPeer("find", [`${store}/host/${id}`, "-name", name])).trim();
  const index = parseDynamicIndex(await Deno.readFile(path), name);
  const digest = index.digestAt(index.findChunk(index.size - 3_000_000)!).toHex();
  await Deno.remove(`${store}/.chunks/${digest.slice(0, 4)}/${digest}`).catch(() => {});
}

async function countChunks(store: string): Promise<void> {
  await using repository = new LocalRepository(Datastore.open(store));
  for (const id of ["plain-legacy", "plain-split"]) {
    const found = await findSnapshot(repository, "", `host/${id}`);
    await using stored = await repository.openSnapshot("", found);
    const { source, counts } = countedSource(stored);
    const snapshot = await CheckedSnapshot.open(source, undefined, "", { log: () => {} });
    using cache = new ChunkCache(source);
    const archive = await ArchiveReader.open({ snapshot, name: "t.pxar", cache });
    const { node } = await archive.follow(new TextEncoder().encode("/b/inner/last"));
    const content = await Array.fromAsync(
      readContent(archive.tree, node, { aheadBytes: 1 << 24 }),
    );
    assertEquals(new TextDecoder().decode(content[0]), "last\n");
    // Everything together is 6 MB that cannot be compressed, in chunks of 64 KiB.
    assert(
      counts.times.size <= 6 && counts.bytes < 800_000,
      `${counts.times.size} ${counts.bytes}`,
    );
  }
}
