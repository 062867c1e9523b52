import { assert, assertEquals, assertMatch } from "@std/assert";
import { clientCommand, runClient, runClientOk } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const driver = new URL("../support/run_on_sized_terminal.py", import.meta.url).pathname;
const FILES = 40;
const FILE_BYTES = 2 * 1024 * 1024;

/** Runs the program on a terminal of these widths, each from some bytes of output on. */
async function onTerminal(
  args: readonly string[],
  sizes: readonly (readonly [number, number])[],
  env: Record<string, string> = {},
): Promise<{ code: number; parts: [number, string][] }> {
  const { code, stdout } = await new Deno.Command("python3", {
    args: [driver, JSON.stringify(sizes), ...clientCommand(args)],
    env: { TERM: "xterm", TZ: "UTC", PBS_REPOSITORY: "", XDG_CACHE_HOME: "/dev/null", ...env },
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { code, parts: JSON.parse(new TextDecoder().decode(stdout)) };
}

/** All that was shown at the foot of the terminal, in order. */
function liveLines(text: string): string[] {
  // deno-lint-ignore no-control-regex -- how the line is erased
  return [...text.matchAll(/\r\x1b\[K([^\r\n]*)(?=\r\x1b)/g)].map(([, line]) => line!)
    .filter((line) => line !== "");
}

/** Many chunks that the second run knows, so that there is time to look at it. */
async function makeSource(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/source/a folder`, { recursive: true });
  const bytes = new Uint8Array(FILE_BYTES);
  for (let number = 0; number < FILES; number++) {
    for (let start = 0; start < FILE_BYTES; start += 65536) {
      crypto.getRandomValues(bytes.subarray(start, start + 65536));
    }
    await Deno.writeFile(`${folder}/source/a folder/file ${number}`, bytes);
  }
}

testWithPeers(
  "the live line fits every terminal, and one that shrinks",
  ["python3"],
  async (test) => {
    await using dir = await TempDir.make("/dev/shm");
    await makeSource(dir.path);
    const store = `${dir.path}/store`;
    // Slow enough to be looked at.
    const backup = ["backup", `tree.pxar:${dir.path}/source`, "--repository", store, "--init"];
    const first = await onTerminal([...backup, "--backup-time", "1700000000"], [[100, 0]]);
    assertEquals(first.code, 0, JSON.stringify(first.parts));

    await test.step("a first run does not pretend to know how much is left", () => {
      const lines = liveLines(first.parts[0]![1]).filter((line) => line.startsWith("tree.pxar"));
      assert(lines.length > 0, first.parts[0]![1]);
      for (const line of lines) assert(!/\d%/.test(line), line);
    });

    await test.step("a later run shows the share that is done", async () => {
      const { code, parts } = await onTerminal([...backup, "--backup-time", "1700001000"], [[
        200,
        0,
      ]]);
      assertEquals(code, 0, JSON.stringify(parts));
      const lines = liveLines(parts[0]![1]);
      assert(lines.length > 0, parts[0]![1]);
      assert(lines.some((line) => /tree\.pxar: \d+%, /.test(line)), lines.join("\n"));
      for (const line of lines) assert(line.length < 200, line);
    });

    await test.step("no line is wider than the terminal is at that moment", async () => {
      const { code, parts } = await onTerminal(
        ["datastore", "verify", store],
        // The first live line comes after the first line of the log.
        [[120, 0], [40, 150], [20, 300]],
      );
      assertEquals(code, 0, JSON.stringify(parts));
      assertEquals(parts.length, 3, JSON.stringify(parts));
      for (const [columns, text] of parts.slice(1)) {
        // What was under way when the terminal shrank may still be of the old width.
        for (const line of liveLines(text).slice(1)) assert(line.length < columns, line);
      }
      assert(parts.some(([, text]) => liveLines(text).length > 0), JSON.stringify(parts));
    });

    await test.step("a dumb terminal gets lines only", async () => {
      const { code, parts } = await onTerminal(["datastore", "verify", store], [[80, 0]], {
        TERM: "dumb",
      });
      assertEquals(code, 0);
      assert(!parts[0]![1].includes("\x1b"), parts[0]![1]);
      assertMatch(parts[0]![1], /percentage done: 100\.00% \(2\/2 snapshots\)/);
    });

    await test.step("--quiet says nothing on a terminal", async () => {
      const quiet = [[...backup, "--backup-time", "1700002000"], ["datastore", "verify", store], [
        "garbage-collect",
        "--repository",
        store,
      ], ["restore", "host/x", "tree.pxar", `${dir.path}/out`, "--repository", store]];
      quiet[0]!.push("--backup-id", "x");
      for (const line of quiet) {
        const { code, parts } = await onTerminal([...line, "--quiet"], [[80, 0]]);
        assertEquals([code, parts[0]![1].trim()], [0, ""], line.join(" "));
      }
    });
  },
);

Deno.test("--quiet keeps problems, --verbose adds paths, both together are refused", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.mkdir(`${dir.path}/source`);
  await Deno.writeTextFile(`${dir.path}/source/file`, "some content");
  const repository = ["--repository", `${dir.path}/store`];
  const backup = ["backup", `tree.pxar:${dir.path}/source`, ...repository, "--init"];
  const verbose = await runClientOk([...backup, "--verbose"]);
  assertMatch(verbose.stderr, /^tree\.pxar\.didx: had to backup/m);
  const both = await runClient([...backup, "--verbose", "--quiet"]);
  assertEquals(both.code, 255);
  assertMatch(both.stderr, /mutually exclusive/);

  for await (const { name } of Deno.readDir(`${dir.path}/store/.chunks`)) {
    for await (const chunk of Deno.readDir(`${dir.path}/store/.chunks/${name}`)) {
      await Deno.remove(`${dir.path}/store/.chunks/${name}/${chunk.name}`);
    }
  }
  const damaged = await runClient(["datastore", "verify", `${dir.path}/store`, "--quiet"]);
  assertEquals(damaged.code, 255);
  assertMatch(damaged.stdout, /^snapshot "host\/.*": .*chunk [0-9a-f]{64}: is missing$/m);
  assert(!damaged.stdout.includes("verifying snapshot"), damaged.stdout);
});
