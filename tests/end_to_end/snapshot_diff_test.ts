import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { SHELL_NOISE } from "../support/noise.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const FIRST = "2023-11-14T22:13:20Z";
const SECOND = "2023-11-14T23:13:20Z";

/** A tree; a file of random bytes that takes many chunks lies between small ones. */
const MAKE = `${SHELL_NOISE}
mkdir -p a b/inner gone moved/deep "with space" twice
echo one > a/one; echo two > a/two; echo three > a/three; echo four > a/four
noise 4000000 1 > a/large; noise 300000 2 > b/other
cp b/other b/inner/grows; echo x > gone/x; echo y > gone/y
for i in 1 2 3; do noise $((i * 1000)) 3$i > moved/deep/$i; done
ln moved/deep/1 moved/link; ln -s target a/symlink; mkfifo a/pipe
echo name > "with space/old name"; echo both > twice/file; ln twice/file twice/zlink
noise 1500000 4 > b/rot
find . -exec touch -h -d @1500000000.123456789 {} +
`;

/** Edits of it; what they come to is what the test expects, written by hand. */
const EDIT = `
chmod 600 a/one
echo "two, longer" > a/two; touch -d @1600000000 a/two
chown 7:8 a/three
setfattr -n user.key -v value a/four
ln -sfn elsewhere a/symlink; touch -h -d @1500000000.123456789 a/symlink
rm a/pipe; mkdir a/pipe; echo inside > a/pipe/file; touch -d @1600000000 a/pipe/file a/pipe
echo "ten bytes" >> b/inner/grows; touch -d @1600000000 b/inner/grows
rm -r gone
mv moved renamed
mv "with space/old name" "with space/new name"
setfacl -m u:1000:r b/other
rm twice/zlink; echo own > twice/zlink; touch -d @1600000000 twice/zlink
echo new > new; touch -d @1600000000 new
printf other | dd of=b/rot bs=1 seek=700000 conv=notrunc status=none
touch -d @1500000000.123456789 b/rot
touch -d @1500000000.123456789 . a b twice "with space"
`;

/** Small files share their chunk with others, so that nothing but their size and time is known. */
const LINES = [
  "U /a/four  xattrs",
  "U /a/one  mode 0644 -> 0600",
  "T /a/pipe/  fifo -> directory",
  "+ /a/pipe/file  7 B",
  "U /a/symlink  target target -> elsewhere",
  "U /a/three  owner 0:0 -> 7:8",
  "M /a/two  size 4 B -> 12 B, mtime",
  "M /b/inner/grows  size 292.969 KiB -> 292.979 KiB, mtime",
  "U /b/other  acl",
  "- /gone/",
  "- /gone/x  2 B",
  "- /gone/y  2 B",
  "+ /new  4 B",
  "R /moved/ -> /renamed/  with 5 entries",
  "M /twice/zlink  no longer a hard link to /twice/file, size, mtime",
  "R /with space/old name -> /with space/new name",
];

/** What only a run that reads everything can have noticed; the chunks tell. */
const ROT = "M /b/rot  content, size and mtime are the same";

function linesOf(before: string, after: string): string[] {
  const isComparable = before.startsWith("none") === after.startsWith("none");
  if (!isComparable || after.endsWith("metadata")) return LINES;
  return LINES.toSpliced(LINES.indexOf("- /gone/"), 0, ROT);
}

interface World {
  readonly dir: string;
  readonly store: string;
  readonly environment: Record<string, string>;
}

async function client(args: readonly string[], environment: Record<string, string>) {
  const run = await runInProcess(args, environment);
  assertEquals(run.code, 0, `${args.join(" ")}: ${run.stderr}`);
  return run;
}

/** Backs the tree up into all kinds of archives. */
async function backUpAll({ dir, store }: World, time: number): Promise<void> {
  for (const crypt of ["none", "encrypt"]) {
    for (const mode of ["legacy", "metadata"]) {
      const key = crypt === "none" ? [] : [`--keyfile=${dir}/key`];
      await client([
        "backup",
        `t.pxar:${dir}/tree`,
        `--backup-id=${crypt}-${mode}`,
        `--change-detection-mode=${mode}`,
        `--backup-time=${time}`,
        "--chunk-size=64",
        "--quiet",
        ...key,
      ], { PBS_REPOSITORY: store, XDG_CACHE_HOME: `${dir}/cache` });
    }
  }
}

async function withWorld(body: (world: World) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/var/tmp");
  await using server = await TestServer.start();
  const environment = {
    PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
    PBS_PASSWORD: "a password",
    PBS_FINGERPRINT: server.certificate.fingerprint,
    XDG_CACHE_HOME: `${dir.path}/cache`,
  };
  const world = { dir: dir.path, store: server.datastorePath, environment };
  await Deno.mkdir(`${dir.path}/tree`);
  await client(["key", "create", `${dir.path}/key`, "--kdf=none"], {});
  await runPeer("bash", ["-ec", MAKE], { cwd: `${dir.path}/tree` });
  await backUpAll(world, Date.parse(FIRST) / 1000);
  await runPeer("bash", ["-ec", EDIT], { cwd: `${dir.path}/tree` });
  await backUpAll(world, Date.parse(SECOND) / 1000);
  await body(world);
}

testWithPeers(
  "snapshot diff shows known edits: plain and encrypted, legacy and split, directory and server",
  ["bash", "openssl", "setfacl", "setfattr"],
  async (test) => {
    await withWorld(async ({ dir, store, environment }) => {
      const local = { PBS_REPOSITORY: store };
      const key = [`--keyfile=${dir}/key`];
      const diff = async (
        [before, after]: readonly [string, string],
        options: readonly string[],
        where: Record<string, string> = local,
      ) =>
        await client(
          ["snapshot", "diff", `host/${before}/${FIRST}`, `host/${after}/${SECOND}`, ...options],
          where,
        );

      for (const where of ["directory", "server"]) {
        for (
          const [before, after] of [
            ["none-legacy", "none-legacy"],
            ["none-metadata", "none-metadata"],
            ["none-legacy", "none-metadata"],
            ["none-metadata", "none-legacy"],
            ["encrypt-legacy", "encrypt-legacy"],
            ["encrypt-metadata", "encrypt-metadata"],
            ["none-metadata", "encrypt-metadata"],
            ["encrypt-legacy", "none-metadata"],
          ] as const
        ) {
          await test.step(`${before} against ${after}, ${where}`, async () => {
            const options = `${before}${after}`.includes("encrypt") ? key : [];
            const run = await diff(
              [before, after],
              options,
              where === "server" ? environment : local,
            );
            const lines = linesOf(before, after);
            assertEquals(run.stdout.trimEnd().split("\n"), lines);
            const changed = lines.includes(ROT) ? 10 : 9;
            const summary = `Summary: 2 added, 3 removed, 2 renamed, ${changed} changed; `;
            assertStringIncludes(run.stderr, summary);
          });
        }
      }

      await test.step("nothing differs from itself, whatever the kind of archive", async () => {
        for (const id of ["none-legacy", "none-metadata"]) {
          const run = await client(
            ["snap", "di", `host/${id}/${SECOND}`, `host/none-legacy`, "t.pxar"],
            local,
          );
          assertEquals(run.stdout, id === "none-legacy" ? "" : `${ROT}\n`);
          if (id === "none-legacy") assertMatch(run.stderr, /Summary: no differences/);
        }
      });

      await test.step("JSON has everything, and what both sides were", async () => {
        const { stdout } = await diff(["none-metadata", "none-metadata"], [
          "t.mpxar.didx",
          "--output-format=json",
        ]);
        const result = JSON.parse(stdout);
        assertEquals(result.archives, [{ name: "t.pxar", status: "compared" }]);
        assertEquals(result.entries.length, LINES.length);
        const two = result.entries.find(({ path }: { path: string }) => path === "/a/two");
        assertEquals(two.changes, ["size", "content", "mtime"]);
        assertEquals([two.before.size, two.after.size, two.after.mtime], [4, 12, 1_600_000_000]);
        assertEquals(result.totals.added, 2);
        const pretty = await diff(["none-metadata", "none-metadata"], [
          "--output-format=json-pretty",
        ]);
        assertEquals(JSON.parse(pretty.stdout), result);
        assertEquals(pretty.stdout, `${JSON.stringify(result, undefined, 2)}\n`);
      });

      await test.step("a summary counts by directory down to the depth", async () => {
        const run = await diff(["none-metadata", "none-metadata"], ["--depth=1"]);
        const rows = run.stdout.trimEnd().split("\n").map((line) => line.trim().split(/ {2,}/));
        assertEquals(rows.map((row) => [...row.slice(0, 4), row.at(-1)]), [
          ["added", "removed", "renamed", "changed", "directory"],
          ["2", "3", "2", "9", "/"],
          ["1", "0", "0", "6", "/a/"],
          ["0", "0", "0", "2", "/b/"],
          ["0", "3", "0", "0", "/gone/"],
          ["0", "0", "1", "0", "/renamed/"],
          ["0", "0", "0", "1", "/twice/"],
          ["0", "0", "1", "0", "/with space/"],
        ]);
        const { stdout } = await diff(["none-legacy", "none-legacy"], [
          "--depth=0",
          "--output-format=json",
        ]);
        const { entries, directories } = JSON.parse(stdout);
        assertEquals(entries, []);
        assertEquals(directories.map(({ path }: { path: string }) => path), ["/"]);
      });

      await test.step("chunks that hold only contents are never fetched", async () => {
        const { stdout } = await diff(["none-legacy", "none-legacy"], ["--output-format=json"]);
        const folder = (id: string, time: string) => `${store}/host/${id}/${time}`;
        const indexAt = async (path: string) => parseDynamicIndex(await Deno.readFile(path), path);
        const digests = new Set<string>();
        for (const time of [FIRST, SECOND]) {
          const index = await indexAt(`${folder("none-legacy", time)}/t.pxar.didx`);
          for (let i = 0; i < index.chunkCount; i++) digests.add(encodeHex(index.digestAt(i)));
        }
        const read = JSON.parse(stdout).totals["chunks-read"];
        // The large file is most of it.
        assert(digests.size > 50 && read < 20, `${read} of ${digests.size} chunks`);
        // Of a split archive nobody even notices that all contents are gone.
        for (const time of [FIRST, SECOND]) {
          const index = await indexAt(`${folder("none-metadata", time)}/t.ppxar.didx`);
          for (let i = 0; i < index.chunkCount; i++) {
            const name = encodeHex(index.digestAt(i));
            await Deno.remove(`${store}/.chunks/${name.slice(0, 4)}/${name}`).catch(() => {});
          }
        }
        const run = await diff(["none-metadata", "none-metadata"], []);
        assertEquals(run.stdout.trimEnd().split("\n"), LINES);
      });

      await test.step("snapshots and archives are completed", async () => {
        const complete = async (line: string) => {
          const COMP_LINE = `pbs-client snapshot ${line}`;
          const COMP_POINT = String(COMP_LINE.length);
          const { stdout } = await client(["bashcomplete"], { ...local, COMP_LINE, COMP_POINT });
          return stdout.split("\n").filter((word) => word !== "");
        };
        const one = `host/none-legacy/${FIRST}`;
        assertEquals(await complete("di"), ["diff"]);
        assertEquals(await complete(`diff ${one.slice(0, -3)}`), [one]);
        assert((await complete(`diff ${one} host/none-m`)).includes("host/none-metadata"));
        assert((await complete(`diff ${one} host/none-metadata t.`)).includes("t.pxar"));
      });

      await test.step("damage gives one error that names snapshot and archive", async () => {
        const folder = `${store}/host/none-metadata/${SECOND}`;
        const failing = async (pattern: RegExp, where: Record<string, string>) => {
          const run = await runInProcess(
            [
              "snapshot",
              "diff",
              `host/none-metadata/${FIRST}`,
              `host/none-metadata/${SECOND}`,
              "--output-format=text",
            ],
            where,
          );
          assertNotEquals(run.code, 0);
          const errors = run.stderr.split("\n").filter((line) => line.startsWith("Error: "));
          assertEquals(errors.length, 1, run.stderr);
          assertMatch(errors[0]!, pattern);
        };
        const index = parseDynamicIndex(await Deno.readFile(`${folder}/t.mpxar.didx`), "t");
        const chunk = encodeHex(index.digestAt(0));
        const path = `${store}/.chunks/${chunk.slice(0, 4)}/${chunk}`;
        const blob = await Deno.readFile(path);
        const named = new RegExp(
          `snapshot host/none-metadata/${SECOND}: t\\.mpxar\\.didx: .*${chunk}`,
        );
        await Deno.writeFile(path, blob.with(blob.length - 1, blob.at(-1)! ^ 1));
        await failing(named, local);
        await failing(named, environment);
        await Deno.remove(path);
        await failing(named, local);
        await Deno.writeFile(path, blob);
        const bytes = await Deno.readFile(`${folder}/t.ppxar.didx`);
        await Deno.writeFile(`${folder}/t.ppxar.didx`, bytes.with(5000, bytes[5000]! ^ 1));
        await failing(/snapshot host\/none-metadata\/\S+: .*t\.ppxar\.didx/, local);
        await Deno.writeTextFile(`${folder}/index.json.blob`, "no manifest");
        await failing(new RegExp(`snapshot host/none-metadata/${SECOND}: `), local);
      });

      await test.step("what is not there, or has another key, is said", async () => {
        const failing = async (args: readonly string[]) => {
          const run = await runInProcess(["snapshot", "diff", ...args], local);
          assertNotEquals(run.code, 0);
          return run.stderr;
        };
        const one = `host/none-legacy/${FIRST}`;
        assertMatch(await failing([one, "host/nobody"]), /does not contain any snapshots/);
        assertMatch(await failing([one, one, "no.pxar"]), /no\.pxar/);
        assertMatch(await failing([one, one, "catalog.pcat1"]), /nothing that can be compared/);
        assertMatch(await failing([one, "host/encrypt-legacy"]), /key/);
      });
    });
  },
);

Deno.test("snapshot diff compares images by chunks, small files by content, and says what came", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  await Deno.mkdir(`${path}/tree`);
  await Deno.writeTextFile(`${path}/tree/file`, "same");
  const image = crypto.getRandomValues(new Uint8Array(60_000));
  const environment = { PBS_REPOSITORY: `${path}/store` };
  await client(["key", "create", `${path}/key`, "--kdf=none"], {});
  const backUp = async (time: string, archives: readonly string[]) =>
    await client([
      "backup",
      ...archives.map((name) => `${name}:${path}/${name === "t.pxar" ? "tree" : name}`),
      `--keyfile=${path}/key`,
      "--backup-id=several",
      "--chunk-size=64",
      "--init",
      "--quiet",
      `--backup-time=${Date.parse(time) / 1000}`,
    ], environment);
  const chunk = 4 * 1024 * 1024;
  await Deno.writeFile(`${path}/disk.img`, new Uint8Array());
  await Deno.truncate(`${path}/disk.img`, 9 * chunk);
  for (const name of ["app.conf", "other.conf"]) await Deno.writeTextFile(`${path}/${name}`, name);
  await backUp(FIRST, ["t.pxar", "disk.img", "app.conf", "other.conf"]);
  const file = await Deno.open(`${path}/disk.img`, { write: true });
  await file.seek(4 * chunk - 10_000, Deno.SeekMode.Start);
  await file.write(image);
  file.close();
  await Deno.writeTextFile(`${path}/app.conf`, "changed");
  await Deno.writeTextFile(`${path}/new.conf`, "new");
  await Deno.writeTextFile(`${path}/tree/file`, "other");
  await backUp(SECOND, ["t.pxar", "disk.img", "app.conf", "new.conf"]);
  const args = [
    "snapshot",
    "diff",
    `host/several/${FIRST}`,
    "host/several",
    `--keyfile=${path}/key`,
  ];
  const { stdout } = await client(args, environment);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(
    lines.map((line) => line.replace(/(archive), \d.*$/, "$1")),
    [
      "M app.conf  content",
      "M disk.img  chunks with 8 MiB of 36 MiB differ",
      "+ new.conf  whole archive",
      "- other.conf  whole archive",
      "M t.pxar/file  size 4 B -> 5 B, mtime",
    ].map((line) => line.replace(/(archive), \d.*$/, "$1")),
  );
  const json = JSON.parse((await client([...args, "--output-format=json"], environment)).stdout);
  assertEquals(json.entries.map(({ archive }: { archive: string }) => archive), [
    "app.conf",
    "disk.img",
    "new.conf",
    "other.conf",
    "t.pxar",
  ]);
  assertEquals(json.entries[1]["differing-bytes"], 2 * chunk);
});
