import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { formatEntryTime } from "../../cli/output/format_entry_time.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MAKE = `
mkdir -p etc/ssh home/anna var
echo 1 > etc/fstab; echo 22 > etc/ssh/sshd_config; echo x > home/anna/Report.TXT
echo odd > "$(printf 'var/line\\nbreak')"; echo raw > "$(printf 'var/\\377')"; ln etc/fstab var/zlink
find . -exec touch -h -d @1500000000 {} +
`;
const EDIT = `
echo changed > etc/fstab; touch -d @1600000000 etc/fstab
rm home/anna/Report.TXT; echo new > etc/ssh/ssh_config; touch -d @1600000000 etc/ssh/ssh_config
`;
/** Days of the snapshots; the tree is edited after the second. */
const TIMES = [1_700_000_000, 1_700_086_400, 1_700_172_800];
const KINDS = [
  ["plain-legacy", "legacy", false],
  ["plain-split", "metadata", false],
  ["secret-legacy", "legacy", true],
  ["secret-split", "metadata", true],
] as const;

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

testWithPeers(
  "find tells the versions of names: plain and encrypted, legacy and split, directory and server",
  ["bash", "touch"],
  async (test) => {
    await using dir = await TempDir.make("/var/tmp");
    await using server = await TestServer.start();
    const store = server.datastorePath;
    const tree = `${dir.path}/tree`;
    const key = `--keyfile=${dir.path}/key`;
    const run = async (args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
      await runInProcess(args, {
        PBS_REPOSITORY: store,
        XDG_CACHE_HOME: `${dir.path}/cache`,
        TZ: "UTC",
        ...env,
      });
    const ok = async (args: readonly string[], env: Record<string, string> = {}): Promise<Run> => {
      const done = await run(args, env);
      assertEquals(done.code, 0, `${args.join(" ")}: ${done.stderr}`);
      return done;
    };
    const served = {
      PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
      PBS_PASSWORD: "a password",
      PBS_FINGERPRINT: server.certificate.fingerprint,
    };
    await Deno.mkdir(tree);
    await ok(["key", "create", `${dir.path}/key`, "--kdf=none"]);
    await runPeer("bash", ["-ec", MAKE], { cwd: tree });
    for (const [i, time] of TIMES.entries()) {
      if (i === 2) await runPeer("bash", ["-ec", EDIT], { cwd: tree });
      for (const [id, mode, isSecret] of KINDS) {
        await ok([
          "backup",
          `t.pxar:${tree}`,
          `--backup-id=${id}`,
          `--backup-time=${time}`,
          `--change-detection-mode=${mode}`,
          "--quiet",
          ...isSecret ? [key] : [],
        ]);
      }
    }
    const names = `${dir.path}/cache/proxmox-backup/names`;
    const keptFiles = () => [...Deno.readDirSync(names)].map(({ name }) => `${names}/${name}`);

    for (const [id, , isSecret] of KINDS) {
      for (const [where, environment] of [["directory", {}], ["server", served]] as const) {
        await test.step(`${id}, ${where}`, async () => {
          const find = async (...args: string[]) => {
            const options = [
              "--output-format=json",
              `--group=host/${id}`,
              ...isSecret ? [key] : [],
            ];
            const { stdout } = await ok(["find", ...args, ...options], environment);
            return JSON.parse(stdout).map(
              ({ path, versions }: { path: string; versions: Record<string, unknown>[] }) => [
                path,
                ...versions.map((
                  { type, size, mtime, snapshots },
                ) => [type, size, mtime, snapshots]),
              ],
            );
          };
          const [first, second, third] = TIMES as [number, number, number];
          assertEquals(await find("fstab"), [[
            "/etc/fstab",
            ["file", 2, 1_500_000_000, [first, second]],
            ["file", 8, 1_600_000_000, [third]],
          ]]);
          assertEquals(await find("ssh/ssh*_config"), [
            ["/etc/ssh/ssh_config", ["file", 4, 1_600_000_000, [third]]],
            ["/etc/ssh/sshd_config", ["file", 3, 1_500_000_000, TIMES]],
          ]);
          const absent = undefined;
          assertEquals(await find("/e*/"), [
            ["/etc", ["directory", absent, absent, TIMES]],
          ]);
          assertEquals(await find("report*", "--ignore-case"), [
            ["/home/anna/Report.TXT", ["file", 2, 1_500_000_000, [first, second]]],
          ]);
          assertEquals(await find("report*"), []);
          assertEquals(await find("zlink"), [
            ["/var/zlink", ["hardlink", absent, absent, TIMES]],
          ]);
          assertEquals((await find("/var/**", "--type=file")).map(([path]: string[]) => path), [
            "/var/line\nbreak",
            "/var/zlink",
            "/var/\ufffd",
          ]);
          assertEquals((await find("*", "--newer=2020-01-01")).map(([path]: string[]) => path), [
            "/etc/fstab",
            "/etc/ssh/ssh_config",
          ]);
          assertEquals(await find("fstab", "--until=2023-11-15T00:00:00Z"), [
            ["/etc/fstab", ["file", 2, 1_500_000_000, [first]]],
          ]);
          assertEquals(await find("fstab", "--archive=other.pxar"), []);
        });
      }
    }

    await test.step("the table groups equal versions, and names its groups", async () => {
      const { stdout } = await ok(["find", "fstab", "--group=host/plain-split"]);
      const rows = stdout.split("\n").filter((line) => line.startsWith("|"))
        .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
      assertEquals(rows, [
        ["path", "type", "size", "modified", "snapshots", "first", "last"],
        [
          ...["/etc/fstab", "file", "2 B", formatEntryTime(1_500_000_000), "2"],
          ...["2023-11-14T22:13:20Z", "2023-11-15T22:13:20Z"],
        ],
        [
          ...["", "file", "8 B", formatEntryTime(1_600_000_000), "1"],
          ...["2023-11-16T22:13:20Z", "2023-11-16T22:13:20Z"],
        ],
      ]);
      const all = await ok(["find", "fstab"]);
      assertStringIncludes(all.stdout, "host/plain-legacy");
      assertStringIncludes(all.stderr, "3 snapshots of host/secret-split left out: missing key");
      assert(!all.stdout.includes("secret"));
      const odd = await ok(["find", "line*", "--group=host/plain-split"]);
      assertStringIncludes(odd.stdout, '"/var/line\\nbreak"');
      const cut = await ok(["find", "*", "--limit=2", "--group=host/plain-split"]);
      assertMatch(cut.stderr, /more than these 2 paths/);
      const none = await run(["find", "x", "--group=host/none"]);
      assertNotEquals(none.code, 0);
      assertStringIncludes(none.stderr, "does not contain any snapshots");
    });

    await test.step("kept names are private, and those of encrypted archives in no file", async () => {
      assertEquals(keptFiles().length, 2 * KINDS.length);
      const search = [["find", "fstab"], ["find", "fstab", key]];
      for (const path of keptFiles()) {
        assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
        await Deno.remove(path);
      }
      const counts: number[] = [];
      for (const args of search) {
        await ok(args);
        counts.push(keptFiles().length);
      }
      // The second finds what the first has kept, and adds those that need the key.
      assertEquals(counts, [2, 4]);
    });

    await test.step("damaged names are made anew", async () => {
      const before = new Map<string, Uint8Array>();
      for (const path of keptFiles()) {
        const bytes = await Deno.readFile(path);
        before.set(path, bytes.slice());
        bytes[bytes.length - 5]! ^= 1;
        await Deno.writeFile(path, bytes);
      }
      const args = ["find", "fstab", key, "--output-format=json"];
      const first = await ok(args);
      assertMatch(first.stderr, /is made anew: file of names is damaged/);
      assertEquals(JSON.parse(first.stdout).length, KINDS.length);
      const second = await ok(args);
      assert(!second.stderr.includes("anew"));
      assertEquals(second.stdout, first.stdout);
      for (const [path, bytes] of before) {
        assertEquals((await Deno.readFile(path)).length, bytes.length, path);
      }
    });

    await test.step("without its catalog the archive itself is read", async () => {
      await using other = await TempDir.make("/var/tmp");
      const env = { XDG_CACHE_HOME: other.path };
      const at = `${store}/host/plain-legacy/2023-11-14T22:13:20Z`;
      const index = await Deno.readFile(`${at}/catalog.pcat1.didx`);
      const digest = index.subarray(4096 + 8, 4096 + 40).toHex();
      const chunk = `${store}/.chunks/${digest.slice(0, 4)}/${digest}`;
      await Deno.rename(chunk, `${dir.path}/chunk`);
      const { stdout, stderr } = await ok(
        ["find", "fstab", "--group=host/plain-legacy", "--output-format=json"],
        env,
      );
      await Deno.rename(`${dir.path}/chunk`, chunk);
      assertStringIncludes(stderr, "the catalog is damaged, archives are read instead");
      assertEquals(JSON.parse(stdout)[0].versions[0].snapshots, TIMES.slice(0, 2));
    });

    await test.step("names that were read once are not read again", async () => {
      await Deno.rename(`${store}/.chunks`, `${store}/gone`);
      await Deno.mkdir(`${store}/.chunks`);
      const { stdout } = await ok(["find", "sshd_config", key, "--output-format=json"]);
      assertEquals(JSON.parse(stdout).map(({ versions }: { versions: unknown[] }) => versions), [
        ...KINDS.map(() => [{
          type: "file",
          size: 3,
          mtime: 1_500_000_000,
          snapshots: TIMES,
        }]),
      ]);
      await using other = await TempDir.make("/var/tmp");
      const unread = await ok(["find", "fstab", key], { XDG_CACHE_HOME: other.path });
      assertStringIncludes(unread.stderr, "is left out");
      await Deno.remove(`${store}/.chunks`, { recursive: true });
      await Deno.rename(`${store}/gone`, `${store}/.chunks`);
    });
  },
);
