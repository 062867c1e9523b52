import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryStream, runInProcess } from "../support/cli_in_process.ts";
import { eventually } from "../support/eventually.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MAKE = String.raw`
mkdir -p etc/ssh cache/deep home/anna var/empty
head -c 5000 /dev/zero > etc/fstab; echo 22 > etc/ssh/port; ln etc/fstab etc/again; ln -s etc link
head -c 70000 /dev/zero > cache/deep/big; mkfifo var/pipe; : > var/zero
printf '*.tmp\n!keep.tmp\n/private\n' > home/.pxarexclude
echo a > home/anna/a.tmp; echo k > home/anna/keep.tmp; mkdir home/private; echo p > home/private/p
echo raw > "$(printf 'var/\377')"
`;
const RULES = `
mkdir cache marked git git/.git; touch cache/data marked/data marked/.nobackup other
echo 'Signature: 8a477f597d28d172789f06886806bc55' > cache/CACHEDIR.TAG
head -c 2000 /dev/zero > big; echo '*.o' > git/.gitignore; touch git/x.o git/x.c
`;
/** Everything that has changed in some way, a name and a time each. */
const SEE = "find . -printf '%p %s %T@ %C@\\n' | sort";

interface Planned {
  readonly filename: string;
  readonly size?: number;
  readonly files?: number;
  readonly directories?: number;
  readonly others?: number;
  readonly name?: string;
  readonly children?: readonly Planned[];
  readonly "left-out"?: readonly { readonly path: string; readonly reason: string }[];
}

interface Report {
  readonly files: number;
  readonly directories: number;
  readonly warnings: number;
  readonly planned: readonly Planned[];
}

testWithPeers(
  "a dry run tells what would be stored and what not, and writes nothing anywhere",
  ["bash", "find"],
  async (test) => {
    await using dir = await TempDir.make("/var/tmp");
    await using server = await TestServer.start();
    const tree = `${dir.path}/tree`;
    await Deno.mkdir(tree);
    await runPeer("bash", ["-ec", MAKE], { cwd: tree });
    for (const name of ["home", "run"]) await Deno.mkdir(`${dir.path}/${name}`, { mode: 0o700 });
    await Deno.writeTextFile(`${dir.path}/app.conf`, "setting = 1\n");
    await Deno.writeFile(`${dir.path}/disk`, new Uint8Array(100_000));
    const local = { PBS_REPOSITORY: server.datastorePath };
    const served = {
      PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
      PBS_PASSWORD: "a password",
      PBS_FINGERPRINT: server.certificate.fingerprint,
    };
    const run = (args: readonly string[], env: Record<string, string>, stdout?: MemoryStream) =>
      runInProcess(
        args,
        {
          LANG: "C.UTF-8",
          HOME: `${dir.path}/home`,
          XDG_RUNTIME_DIR: `${dir.path}/run`,
          ...env,
        },
        undefined,
        undefined,
        stdout,
      );
    const specs = [`root.pxar:${tree}`, `app.conf:${dir.path}/app.conf`, `d.img:${dir.path}/disk`];
    const excludes = ["--exclude=/cache/*", "--exclude=*.none"];
    const json = async (words: readonly string[], env: Record<string, string>) => {
      const done = await run(["backup", ...words, "--output-format=json"], env);
      assertEquals(done.code, 0, done.stderr);
      return { ...JSON.parse(done.stdout) as Report, said: done.stderr };
    };
    await run(["key", "create", `${dir.path}/key`, "--kdf=none"], local);
    const first = await run(
      ["backup", ...specs, "--backup-id=old", "--backup-time=1700000000"],
      local,
    );
    assertEquals(first.code, 0, first.stderr);
    await run(["change-owner", "host/old", "admin@pbs"], local);
    const see = async () =>
      await runPeer("bash", ["-ec", SEE], { cwd: server.datastorePath }) +
      await runPeer("bash", ["-ec", `cd home; ${SEE}; cd ../run; ${SEE}`], { cwd: dir.path });

    for (const [place, env] of Object.entries({ local, served })) {
      for (const mode of ["legacy", "data", "metadata"]) {
        for (const keys of [[], [`--keyfile=${dir.path}/key`]]) {
          const name = `${place}, ${mode}, ${keys.length > 0 ? "encrypted" : "plain"}`;
          await test.step(name, async () => {
            const words = [...specs, ...excludes, ...keys, `--change-detection-mode=${mode}`];
            const before = await see();
            const time = Math.floor(Date.now() / 1000);
            for (const id of ["old", "new"]) {
              const dry = await json(
                [...words, `--backup-id=${id}`, `--backup-time=${time}`, "--dry-run", "--verbose"],
                env,
              );
              assertStringIncludes(dry.said, "dry-run: no upload happened");
              checkPlan(dry);
            }
            // A server makes folders for its session, and removes them when it hears of its end.
            const after = async () => place === "local" ? await see() : names(await see());
            await eventually(async () => {
              assertEquals(await after(), place === "local" ? before : names(before));
            });
          });
        }
      }
    }

    await test.step("the real run stores what was told", async () => {
      const words = [...specs, ...excludes, "--backup-id=real"];
      const dry = await json([...words, "--dry-run"], local);
      const real = await json(words, local);
      assertEquals([dry.files, dry.directories, dry.warnings], [
        real.files,
        real.directories,
        real.warnings,
      ]);
      assertEquals(dry.warnings, 1, "a pattern has matched nothing");
    });
    await test.step("a table on terminals or with --depth, nothing for scripts", async () => {
      const words = ["backup", ...specs, "--dry-run"];
      assertEquals((await run(words, local)).stdout, "");
      const shown = new MemoryStream(true);
      await run(words, local, shown);
      assertMatch(shown.text, /│ root\.pxar +│ +73\.275 KiB │ +7 │[^]*│ {3}etc\/ [^]*│ all +│/);
      const { stdout } = await run([...words, "--depth=2"], local);
      assertMatch(stdout, /│ {3}cache\/ [^]*│ {5}deep\/ +│ +68\.359 KiB │ +1 │ +1 │ +0 │/);
      assertEquals((await run([...words, "--depth=0"], local)).stdout.includes("etc/"), false);
    });
    await test.step("every rule that leaves something out is named", async () => {
      const many = `${dir.path}/many`;
      await Deno.mkdir(many);
      await runPeer("bash", ["-ec", RULES], { cwd: many });
      await Deno.writeTextFile(
        `${dir.path}/list`,
        `${many}/cache\n${many}/marked\n${many}/big\n${many}/git\n`,
      );
      const reasons = async (...words: string[]) => {
        const dry = await json(
          ["backup", `m.pxar:${many}`, "--dry-run", "--verbose", ...words].slice(1),
          local,
        );
        return dry.planned[0]!["left-out"]!.map(({ path, reason }) => `${path} ${reason}`)
          .toSorted();
      };
      assertEquals(await reasons("--exclude-caches"), ["/cache/data --exclude-caches"]);
      assertEquals(await reasons("--exclude-if-present=.nobackup"), [
        '/marked/data --exclude-if-present ".nobackup"',
      ]);
      assertEquals(await reasons("--exclude-larger-than=1000"), [
        "/big --exclude-larger-than, 2000 bytes",
      ]);
      assertEquals(await reasons("--exclude-gitignore"), ["/git/x.o --exclude-gitignore"]);
      assertEquals(await reasons(`--files-from=${dir.path}/list`), [
        "/other --files-from: it is not listed",
      ]);
    });
    await test.step("it fails as a run would", async () => {
      for (const [place, env] of Object.entries({ local, served })) {
        const fail = async (...words: string[]) => {
          const dry = await run(["backup", ...words, "--dry-run", "--depth=1"], env);
          const real = await run(["backup", ...words], env);
          const error = (text: string) => text.slice(text.indexOf("Error:")).split("\n")[0];
          assertEquals([dry.code, error(dry.stderr)], [real.code, error(real.stderr)], place);
          assertEquals(dry.code, 255, dry.stderr);
        };
        await fail(specs[0]!, "--backup-id=old", "--backup-time=1700000000");
        await fail(specs[0]!, "--ns=nowhere");
        await fail(`a.conf:${tree}/none`);
        await fail(specs[0]!, "--entries-max=3");
        await fail("r.pxar:/proc");
      }
      const run3 = await run(
        ["backup", specs[0]!, "--exclude=*.none", "--dry-run", "--warnings-exit=3"],
        local,
      );
      assertEquals(run3.code, 3, run3.stderr);
      const alone = await run(["backup", specs[0]!, "--depth=1"], local);
      assertStringIncludes(alone.stderr, "option 'depth' needs option 'dry-run'");
    });
  },
);

/** Names only: a server touches the folders that hold others. */
function names(seen: string): string {
  return seen.split("\n").map((line) => line.split(" ")[0]).join("\n");
}

function checkPlan({ planned }: Report): void {
  const [root, conf, disk] = planned;
  assertEquals([conf!.size, disk!.size], [12, 100_000]);
  const excludeFileBytes = 25;
  assertEquals(
    [root!.size, root!.files, root!.directories, root!.others],
    [5000 + 3 + excludeFileBytes + 2 + 4, 6, 8, 3],
  );
  const child = (name: string) => root!.children!.find((each) => each.name === name)!;
  assertEquals(root!.children!.map(({ name }) => name), ["cache", "etc", "home", "var"]);
  assertEquals([child("cache").size, child("cache").directories], [0, 1]);
  assertEquals([child("etc").size, child("etc").files, child("etc").others], [5003, 2, 1]);
  const reasons = root!["left-out"]!.toSorted((a, b) => a.path < b.path ? -1 : 1);
  assertEquals(reasons.map(({ path, reason }) => [path, reason]), [
    ["/cache/deep", '--exclude "/cache/*"'],
    ["/home/anna/a.tmp", '"home/.pxarexclude" "*.tmp"'],
    ["/home/private", '"home/.pxarexclude" "/home/private"'],
  ]);
  assert(planned.slice(1).every((each) => each["left-out"] === undefined));
}
