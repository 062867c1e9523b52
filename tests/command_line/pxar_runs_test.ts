import { assertEquals } from "@std/assert";
import { runsOf } from "../support/cli_run_census.ts";
import { Scratch } from "../support/cli_scratch.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { runPeer } from "../support/run_peer.ts";
import { runPxar, runPxarHere } from "../support/run_pxar.ts";
import { withoutHint } from "../support/without_hint.ts";

const RUNS = runsOf("pxar");
/** Makes a directory with a named pipe, a device and a socket. */
const MAKE_SPECIALS = `
import os, socket, sys
os.mkdir(sys.argv[1]); os.chdir(sys.argv[1])
os.mkfifo("fifo"); os.mknod("null", 0o20666, os.makedev(1, 3))
socket.socket(socket.AF_UNIX).bind("socket")
open("file", "w").write("content"); os.setxattr("file", "user.note", b"value")
`;

/** Recorded runs that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "pxar-none": "the list of commands is ours",
  "pxar-list-flags": "--no-fifos is honoured",
  "pxar-create-stdout": "a note says where the standard output is",
  "pxar-create-badpat-backslash": "wording of the reason",
  "pxar-list-payload": "says which file is to be named",
  "pxar-list-badfile": "wording of what is damaged",
  "pxar-extract-again": "one cause each, and nothing of directories that failed",
  "pxar-extract-again-dirs": "named pipes are replaced as well",
  "pxar-extract-one-error": "one cause each",
  "pxar-extract-split-nopayload": "is found before anything is made",
  "pxar-extract-split-wrong": "is found before anything is made",
};

/** Options whose values are no paths. */
const PATTERN_OPTIONS: ReadonlySet<string> = new Set(["--exclude", "--pattern"]);
/** Their paths are relative to the working directory, or they show local time. */
const IN_A_PROCESS = /^pxar-(create-stdout|extract-cwd|list(-split)?-debug)$/;

/** What the lists of patterns hold; of the first two nothing is recorded. */
const LISTS: Readonly<Record<string, string>> = {
  ff: "# some\n\n*.conf\n",
  ff2: "**/*\n!*.conf\n",
  ffa: "sub\n",
  ffb: "/sub\n",
  ffc: "sub/b.bin\n",
  ffd: "sub\n\n# c\n",
  ffe: "sub\n!sub/b.bin\n",
  fff: "sub",
};

/** The words of a run as this process can take them, whose working directory is another one. */
function wordsOf({ argv }: RecordedRun, scratch: Scratch): string[] {
  return argv.map((word, index) => {
    const isPath = index > 0 && !word.startsWith("--") && !word.startsWith("<") &&
      !word.startsWith("/") && !PATTERN_OPTIONS.has(argv[index - 1]!);
    return scratch.withPaths(isPath ? `<OUT>/${word}` : word);
  });
}

async function replay(run: RecordedRun, scratch: Scratch) {
  const out = scratch.withPaths("<OUT>");
  if (!IN_A_PROCESS.test(run.name)) return await runPxarHere(wordsOf(run, scratch), run.env);
  const env = Object.fromEntries(Object.entries(run.env).map(([name, value]) => [name, value!]));
  const cwd = run.name === "pxar-extract-cwd" ? `${out}/cwd` : out;
  return await runPxar(run.argv.map((word) => scratch.withPaths(word)), { env, cwd });
}

type Ended = { readonly code: unknown; readonly stdout: string; readonly stderr: string };

/** How a run ended, without hints and the wording of usages. */
function wholeOf({ code, stdout, stderr }: Ended, scratch: Scratch): string {
  const text = scratch.withPlaceholders(withoutHint(stderr)).replace(/\s*Usage:[^]*$/, "\nUsage");
  return JSON.stringify([code, stdout, text.trimEnd()]);
}

/** What counts: the code, the result, and of a failure the system's words. */
function essence({ code, stdout, stderr }: Ended, scratch: Scratch): unknown[] {
  const text = scratch.withPlaceholders(withoutHint(stderr)).replace(/\s*Usage:[^]*$/, "\nUsage");
  const words = /^Error: .*?((?:No such file or directory|File exists|Not a directory).*)$/m.exec(
    text,
  )?.[1]
    ?.replace(/ \(os error \d+\)$/, "");
  const isOneLine = text.trimEnd().split("\n").length === 1;
  return [code, stdout, isOneLine && words !== undefined ? words : text.trimEnd()];
}

Deno.test("recorded runs of the official pxar end alike", async (test) => {
  await using scratch = await Scratch.create();
  const [out, work] = [scratch.withPaths("<OUT>"), scratch.withPaths("<WORK>")];
  await Deno.mkdir(`${out}/cwd`);
  await runPeer("python3", ["-c", MAKE_SPECIALS, `${work}/museum`]);
  for (const [name, content] of Object.entries(LISTS)) {
    await Deno.writeTextFile(`${out}/${name}`, content);
  }
  const tree = scratch.withPaths("<TREE>");
  await runPeer("find", [tree, "-exec", "touch", "-hd", "2026-11-21T12:34:35Z", "{}", "+"]);
  const different: string[] = [];
  const agreeing = { whole: 0, butForWords: 0, crashes: 0 };
  for (const run of RUNS) {
    if (run.name === "pxar-extract-no-flags") {
      await runPxarHere(["create", `${out}/f2.pxar`, `${work}/museum`]);
    }
    const outcome = await replay(run, scratch);
    // In the record another directory is listed.
    if (run.name === "pxar-create-stdout") await Deno.remove(`${out}/-`);
    if (run.exit_code === 101) {
      // The official program crashes here: ours says what is wrong.
      assertEquals([outcome.code, outcome.stderr.startsWith("Error: ")], [255, true], run.name);
      agreeing.crashes++;
      continue;
    }
    const recorded = {
      code: run.exit_code,
      stdout: run.stdout.replace("<0 bytes>", ""),
      stderr: run.stderr!,
    };
    const [actual, expected] = [essence(outcome, scratch), essence(recorded, scratch)];
    if (JSON.stringify(actual) === JSON.stringify(expected)) {
      const isWhole = wholeOf(outcome, scratch) === wholeOf(recorded, scratch);
      agreeing[isWhole ? "whole" : "butForWords"]++;
      continue;
    }
    different.push(run.name);
    if (!(run.name in KEPT_DIFFERENCES)) assertEquals(actual, expected, run.argv.join(" "));
    if (run.name === "pxar-extract-again-dirs") continue;
    assertEquals(outcome.code, run.exit_code, run.name);
  }
  // A difference that is gone must leave the list.
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  const { whole, butForWords, crashes } = agreeing;
  await test.step(
    `${whole} of ${RUNS.length} agree, ${butForWords} but for the words of a failure; ` +
      `${different.length} differ on purpose, ${crashes} crash is an error here`,
    () => {},
  );
  // What the runs have left.
  const made = async (folder: string) => {
    const found = await runPeer("find", [`${out}/${folder}`, "-mindepth", "1", "-printf", "%P\n"]);
    return found.trim().split("\n").toSorted();
  };
  assertEquals(await made("cwd"), await made("o1"));
  assertEquals(await made("o6"), await made("o1"));
  assertEquals(await made("o2"), ["etc", "etc/c.conf"]);
  assertEquals(await made("o3"), ["etc", "etc/c.conf"]);
  assertEquals(await made("o3b"), ["a.txt", "etc", "fifo", "hard", "link", "sub", "sub/b.bin"]);
  assertEquals(await made("o10"), (await made("o1")).filter((path) => path !== "fifo"));
  for (const list of ["a", "b", "c", "d", "f"]) {
    assertEquals(await made(`xff${list}`), ["sub", "sub/b.bin"], list);
  }
  assertEquals(await made("xffe"), ["sub"]);
  assertEquals(await made("nf"), ["file"]);
  assertEquals(await made("nf2"), ["fifo", "file", "null", "socket"]);
});
