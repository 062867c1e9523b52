import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { CountingRelay } from "../support/counting_relay.ts";
import { clientCommand, runClient, runtimeFolder, spawnClient } from "../support/run_client.ts";
import { serverEnvironment } from "../support/remote_command.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { type TypedStep, typeOnTerminal } from "../support/type_on_terminal.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** A tree with all kinds of metadata; `wanted` and the file of a blank name are what is selected. */
const MAKE = `
mkdir -p wanted/inner other 'two words'
echo first > wanted/first; ln wanted/first wanted/inner/again; ln -s ../first wanted/inner/link
head -c 3000000 /dev/urandom > wanted/large; truncate -s 2000000 wanted/sparse; echo end >> wanted/sparse
mkfifo wanted/pipe; mknod wanted/null c 1 3; chown 1234:5678 wanted/inner; chmod 4750 wanted/large
setfattr -n user.note -v text wanted/first; setfacl -m u:1000:r wanted/sparse
printf x > $'wanted/new\\nline'; printf y > $'wanted/\\xff\\xfe'; printf z > 'two words/a[1]'
head -c 3000000 /dev/urandom > other/not-wanted; echo n > other/n.conf; echo m > wanted/m.conf
find . -exec touch -h -d @1500000000.123456789 {} +
`;

interface World {
  readonly path: string;
  readonly env: Record<string, string>;
}

/**
 * Runs the body with a tree, and a server that has it.
 *
 * @param ids Of backups: the mode, with `-secret` if it is encrypted.
 */
async function withBackups(
  make: string,
  ids: readonly string[],
  body: (world: World, server: TestServer) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make();
  await using server = await TestServer.start();
  const env = { ...serverEnvironment(server), XDG_CACHE_HOME: `${dir.path}/cache` };
  const tree = `${dir.path}/tree`;
  await Deno.mkdir(tree);
  await runPeer("bash", ["-ec", make], { cwd: tree });
  const ok = async (...argv: string[]) => {
    const { code, stderr } = await runClient(argv, { env });
    assertEquals(code, 0, stderr);
  };
  await ok("key", "create", `${dir.path}/key`, "--kdf=none");
  const world = { path: dir.path, env };
  for (const id of ids) {
    const mode = `--change-detection-mode=${id.replace("-secret", "")}`;
    await ok("backup", `root.pxar:${tree}`, `--backup-id=${id}`, mode, ...keyOf(world, id));
  }
  await body(world, server);
}

/** Gives lines to a shell. */
async function shell(world: World, id: string, lines: readonly string[], more: string[] = []) {
  return await runClient(
    ["catalog", "shell", `host/${id}`, "root.pxar", ...keyOf(world, id), ...more],
    {
      env: world.env,
      cwd: world.path,
      stdin: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")),
    },
  );
}

function keyOf({ path }: World, id: string): string[] {
  return id.endsWith("secret") ? [`--keyfile=${path}/key`] : [];
}

testWithPeers(
  "what is selected in a shell is restored as it was, plain and encrypted, whole and split",
  ["bash", "setfattr", "setfacl", "mknod", ...TREE_PEERS],
  async (test) => {
    const ids = ["legacy", "legacy-secret", "data", "data-secret"];
    await withBackups(MAKE, ids, async (world) => {
      for (const id of ids) {
        await test.step(id, async () => {
          const target = `out ${id}`;
          const { code, stdout, stderr } = await shell(world, id, [
            "select wanted/",
            "select 'two words/a[1]'",
            "list-selected",
            `restore-selected '${target}'`,
          ]);
          assertEquals(code, 0);
          assertEquals(
            stdout,
            'added path: "/wanted"\nadded path: "/two words/a[1]"\n/two words/a[1]\n/wanted\n',
          );
          assert(!stderr.includes("Error"), stderr);
          const restored = `${world.path}/${target}`;
          assertEquals(Deno.readTextFileSync(`${restored}/two words/a[1]`), "z");
          assertEquals([...Deno.readDirSync(restored)].length, 2);
          await assertSameTree(`${world.path}/tree/wanted`, `${restored}/wanted`);
        });
      }
    });
  },
);

testWithPeers(
  "many selected paths are restored, and what lies beside them is not",
  ["bash"],
  async () => {
    const make =
      "mkdir -p d/{a,b}; for i in $(seq 300); do echo $i > d/a/$i; echo $i > d/b/$i; done";
    await withBackups(make, ["legacy", "data"], async (world) => {
      const wanted = Array.from({ length: 150 }, (_, i) => `d/a/${2 * i + 1}`);
      for (const id of ["legacy", "data"]) {
        const lines = [...wanted.map((path) => `select ${path}`), `restore-selected ${id}`];
        const { stderr } = await shell(world, id, lines);
        assertStringIncludes(stderr, "Summary: 150 files, 2 directories,");
        const found = [...Deno.readDirSync(`${world.path}/${id}/d/a`)].map(({ name }) => name);
        assertEquals(found.length, 150);
        assert(found.every((name) => Number(name) % 2 === 1));
      }
    });
  },
);

testWithPeers(
  "a shell goes on after errors, takes names that are no text, and refuses what is there",
  ["bash"],
  async () => {
    const make = "printf y > $'b\\xff\\n'; echo a > a; mkdir -p c/d";
    await withBackups(make, ["data"], async (world) => {
      const odd = Uint8Array.of(...new TextEncoder().encode("stat 'b"), 0xff, 0x0a);
      const { code, stdout, stderr } = await runClient(
        ["catalog", "shell", "host/data", "root.pxar", "--ignore-catalog"],
        {
          env: world.env,
          cwd: world.path,
          stdin: new Uint8Array([
            ...new TextEncoder().encode("nonsense\nls $'b\\xff\\n'\n"),
            // A raw name cannot have the line's end in it.
            ...odd,
            ...new TextEncoder().encode(
              "restore out\nrestore out\nselect a\nrestore-selected tree/a\npwd",
            ),
          ]),
        },
      );
      assertEquals(code, 0);
      assertEquals(stdout, 'b\ufffd\n\nadded path: "/a"\n"/"\n');
      const errors = stderr.split("\n").filter((line) => line.startsWith("Error: "));
      assertEquals(errors.length, 4, stderr);
      assertEquals(errors[0], "Error: no such command 'nonsense'");
      assertEquals(errors[1], "Error: shellword split failed - found unclosed quote.");
      assertStringIncludes(errors[2]!, "File exists");
      assertEquals(Deno.readTextFileSync(`${world.path}/tree/a`), "a\n");
      assertEquals(Deno.readTextFileSync(`${world.path}/out/a`), "a\n");
    });
  },
);

testWithPeers(
  "a session on a terminal completes commands, options, paths and local files",
  ["bash", "python3"],
  async () => {
    const make = `mkdir -p sub/deep 'two words' conf; echo b > sub/b.bin; echo c > conf/c.conf
      echo x > 'two words/a[1]'; printf y > $'q\\n\\xff'; touch -d @1500000000 sub/b.bin`;
    await withBackups(make, ["legacy"], async (world) => {
      const prompt = "> \x1b[";
      const steps: TypedStep[] = [
        [prompt, "cd su\t"],
        ["cd sub/", "\r"],
        ["pxar:/sub > \x1b[", "st\t"],
        ["stat ", "b\t"],
        ["b.bin ", "\r"],
        [prompt, "sel\t"],
        ["select ", "/tw\t"],
        ["/two\\ words/", "\t"],
        ["a\\[1\\] ", "\r"],
        [prompt, "select ../q\t"],
        ["xff' ", "\r"],
        [prompt, "find '*.conf' --s\t"],
        ["--select ", "\r"],
        [prompt, "list-selected --p\t"],
        ["--patterns ", "\r"],
        [prompt, "restore-selected ./ta\t"],
        ["./target/", "picked\r"],
        // The prompt is drawn at each key: the one after what the command says is meant.
        [["restored", prompt], "\x1b[A"],
        ["restore-selected ./target/picked", "\x15ls /\r"],
        [["two words", prompt], "\x04"],
      ];
      await Deno.mkdir(`${world.path}/target`);
      const command = clientCommand(["catalog", "shell", "host/legacy", "root.pxar"]);
      const { code, transcript } = await typeOnTerminal(
        steps,
        ["sh", "-c", `cd ${world.path}; exec "$@"`, "sh", ...command],
        { ...world.env, DENO_DIR: runtimeFolder() },
      );
      assertEquals(code, 0, transcript);
      for (
        const shown of [
          "Starting interactive shell\npxar:/ > cd sub/\npxar:/sub > stat b.bin \n",
          "  File: /sub/b.bin\n  Size: 2             Type: file\n" +
          "Access: (644/-rw-r--r--  )  Uid: 0     Gid: 0    \nModify: 2017-07-14 02:40:00\n",
          'added path: "/two words/a[1]"\n',
          'added path: "/q\\n\\xFF"\n',
          '"/two words/a[1]"\n"/q\\n\\xFF"\n"*.conf"\n',
          // Control characters of names do nothing to a terminal.
          'conf\n"q\\n\\xFF"\nsub\ntwo words\n',
        ]
      ) assertStringIncludes(transcript, shown);
      const found = await runPeer("find", ["."], { cwd: `${world.path}/target/picked` });
      assertEquals(found.split("\n").filter((line) => line.startsWith("./")).length, 5, found);
    });
  },
);

testWithPeers(
  "directories of 100,000 entries are listed, searched and completed, and dumped as they are",
  ["bash"],
  async () => {
    const count = 100_000;
    const make = `mkdir wide; cd wide; seq -f 'entry-%06.0f' ${count} | xargs touch`;
    await withBackups(make, ["legacy", "data"], async (world) => {
      for (const id of ["legacy", "data"]) {
        const { stdout, stderr } = await shell(world, id, [
          "ls wide",
          "find *-099999",
          "cd wide",
          "stat entry-050000",
        ]);
        const lines = stdout.split("\n");
        assertEquals([lines[0], lines[count - 1]], ["entry-000001", "entry-100000"], stderr);
        assertEquals(lines.slice(count, count + 2), [
          "/wide/entry-099999",
          "  File: /wide/entry-050000",
        ]);
        const path = `host/${id}/latest`;
        const dump = await runClient(["catalog", "dump", path], { env: world.env });
        const entries = dump.stderr.trimEnd().split("\n");
        const name = id === "legacy" ? "root.pxar" : "root.mpxar";
        assertEquals(entries.length, count + (id === "legacy" ? 2 : 1));
        assertStringIncludes(entries.at(-1)!, `f "./${name}.didx/wide/entry-100000" 0 20`);
      }
    });
  },
);

testWithPeers(
  "where the catalog is damaged or missing, a dump shows the same from the archive",
  ["bash"],
  async () => {
    const make = "mkdir -p a/b; echo 1 > a/b/c; ln -s c a/b/l; mkfifo p";
    await withBackups(make, ["legacy", "legacy-secret"], async (world, server) => {
      const dump = async (id: string, ...more: string[]) =>
        await runClient(["catalog", "dump", `host/${id}/latest`, ...keyOf(world, id), ...more], {
          env: world.env,
        });
      for (const id of ["legacy", "legacy-secret"]) {
        const whole = await dump(id);
        assertEquals([whole.code, whole.stdout], [0, ""]);
        assertEquals(whole.stderr.split("\n").length, 7);
        assertEquals(await dump(id, "--ignore-catalog"), whole);
        const [time] = [...Deno.readDirSync(`${server.datastorePath}/host/${id}`)]
          .filter(({ isDirectory }) => isDirectory);
        const catalog = `${server.datastorePath}/host/${id}/${time!.name}/catalog.pcat1.didx`;
        await Deno.writeFile(catalog, new Uint8Array(5000));
        const damaged = await dump(id);
        assertEquals(damaged.code, 0, damaged.stderr);
        const [note, ...lines] = damaged.stderr.split("\n");
        assertStringIncludes(note!, "the catalog cannot be used, names are read from the archive");
        assertEquals(lines.join("\n"), whole.stderr);
        const { stdout, stderr } = await shell(world, id, ["ls a/b"]);
        assertEquals(stdout, "c\nl\n");
        assertStringIncludes(stderr, "the catalog cannot be used, names are read from the archive");
      }
    });
  },
);

testWithPeers(
  "a session outlives the connection that it was begun with",
  ["bash"],
  async () => {
    await withBackups("mkdir a; echo 1 > a/b", ["legacy"], async (world, server) => {
      using relay = new CountingRelay(server.port);
      const child = spawnClient(["catalog", "shell", "host/legacy", "root.pxar"], {
        env: {
          ...world.env,
          PBS_REPOSITORY: world.env.PBS_REPOSITORY!.replace(`:${server.port}:`, `:${relay.port}:`),
        },
        cwd: world.path,
        stdin: new Uint8Array(),
        output: "piped",
      });
      const input = child.stdin.getWriter();
      const type = (line: string) => input.write(new TextEncoder().encode(`${line}\n`));
      const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
      await type("ls");
      assertEquals((await output.read()).value, "a\n");
      relay.breakOff();
      await type("select a/b");
      await type("restore-selected out");
      await input.close();
      assertEquals((await output.read()).value, 'added path: "/a/b"\n');
      assertEquals((await child.status).code, 0);
      await child.stderr.cancel();
      assertEquals(Deno.readTextFileSync(`${world.path}/out/a/b`), "1\n");
    });
  },
);
