import { assertEquals } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import {
  fakeRepository,
  type InProcessRun,
  REACHED_REPOSITORY,
  runInProcess,
} from "../support/cli_in_process.ts";
import { pretendedMembers } from "../support/cli_pretended_repository.ts";
import { placeOf, runsOf } from "../support/cli_run_census.ts";
import { RECORDED_REPOSITORY, type Scratch } from "../support/cli_scratch.ts";
import { StoryWorld } from "../support/cli_story_world.ts";
import { RECORDED_PROGRAM_RUNS, type RecordedRun } from "../support/cli_vectors.ts";
import { withoutHint } from "../support/without_hint.ts";
import { isOwnLine } from "../support/cli_own_lines.ts";

/** What a record holds besides what it says. */
const BASE_ENVIRONMENT = {
  PBS_REPOSITORY: RECORDED_REPOSITORY,
  PBS_PASSWORD: "secret",
  LANG: "C.UTF-8",
  TZ: "UTC",
};

/** Recorded runs that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "cmd-none": "the list of commands is ours",
  "cmd-group-none": "the list of commands is ours",
  "cmd-help-opt": "--help explains",
  "cmd-help-opt-short": "-h explains",
  "cmd-leaf-help-opt": "--help explains",
  "cmd-leaf-help-opt-short": "-h explains",
  "val-archive-mount-00": "a failure of what goes to the background is one of the command",
  "val-archive-mount-01": "a failure of what goes to the background is one of the command",
  "val-archive-mount-02": "a failure of what goes to the background is one of the command",
  "val-archive-mount-08": "a failure of what goes to the background is one of the command",
  "mount-img": "a failure of what goes to the background is one of the command",
  "mount-missing-archive": "a failure of what goes to the background is one of the command",
  "mount-missing-target": "a failure of what goes to the background is one of the command",
  "mount-target-file": "a file is no place for a tree",
  "val-rate-32": "inf is no size",
  "val-rate-33": "nan is no size",
  "val-authid-02": "a realm of one character is refused, not replaced by root@pam",
  "val-authid-18": "a realm of 33 characters is refused, not replaced by root@pam",
  "spec-dash": "wording of the advice",
  "spec-dash-img": "wording of the advice",
  "spec-chardev": "wording of the advice",
  "opt-exclude-trailing-backslash": "wording of the reason",
  "split-double-dash": "the word -- is dropped",
  "split-double-dash-after": "the word -- is dropped",
  "split-double-dash-then-option": "the word -- is dropped",
  "repo-opt-14": "a directory",
  "restore-again-overwrite-all": "named pipes are replaced as well",
  "restore-pattern-only-exclude": "nothing restored is an error",
  "restore-pattern-nomatch": "nothing restored is an error",
  "restore-pattern-hardlink": "a hard link whose file is not selected becomes the file",
  "restore-catalog-file": "a catalog is restored as a file",
  "spec-chunk-64": "images with small chunks can be stored",
  "spec-chunk-change": "images with small chunks can be stored",
  "img-chunk-2048": "images with small chunks can be stored",
  "opt-exclude-dotdot": "wording of a message",
  "opt-exclude-bad2": "an empty pattern is left out",
  "opt-exclude-bad4": "the pattern .. is recorded as it is",
  "opt-entries-max-1": "messages of its parts",
  "spec-sys": "messages of its parts",
  "opt-output-format": "reports a backup",
  "opt-verbose": "says more",
  "opt-verbose-value": "says more",
  "backup-time-huge": "is found before the first line",
  "backup-time-year10000": "is found before the first line",
  "conflict-symlink-at-dir-default": "symbolic links in the target are not followed",
  "conflict-symlink-at-dir-files": "symbolic links in the target are not followed",
};

/** What counts of an output: not the wording of usage texts, not the version, not masked blanks. */
function essence(text: string, scratch: Scratch): string {
  return scratch.withPlaceholders(text)
    .replace(/Usage:[^]*$/, "Usage: <USAGE>\n")
    .replaceAll("client version: 4.2.3", `client version: ${VERSION}`)
    .replace(/"release": "3",\s*"repoid": "<REPOID>",\s*"version": "4.2"/, "<CLIENT>")
    .replace(/"release": "\d+",\s*"repoid": "",\s*"version": "[\d.]+"/, "<CLIENT>")
    .replaceAll("<QR-CODE-LINES>", "").replace(/^FUSE library version: .*\n/m, "")
    .replace(/ +$/gm, "");
}

/** Runs that change what later ones see, though their record tells enough to pretend. */
const STORY_GOES_ON = /^(notes-update|protected-update|prune-(real|nodry))/;

/** Runs that show the server's version, or what it said. */
const NEEDS_SERVER =
  /^(mount|cmd-prefix-(unique|single-letter-v)|forget|group-(forget|move)|ns-|change-owner|restore-(again|.*-again|overwrite|target|catalog|pattern|.*-existing)|conflict-)/;

/** Runs of a whole datastore that other runs have also filled: only their form counts. */
const FORM_ONLY =
  /^(list-ns-env-empty|list-no-runtime-dir|home-(unset|readonly)|list-token-noperm|ns-list-(2|3|after)|notes-snapshot-list-comment|restore-dash-index|atoms-all|cmd-prefix-unique)$/;

/** Replays a run without a server; undefined if it depends on what the recorded server held. */
async function replayAlone(
  run: RecordedRun,
  scratch: Scratch,
): Promise<InProcessRun | undefined> {
  const needsServer = STORY_GOES_ON.test(run.name) || run.stderr!.includes("Client name:") ||
    run.exit_code === 0 && ["backup", "catalog", "restore"].includes(run.argv[0]!) ||
    NEEDS_SERVER.test(run.name);
  if (needsServer) return undefined;
  const repository = fakeRepository(pretendedMembers(run) ?? {});
  const newline = run.name.endsWith("newline") ? "\n" : "";
  await Deno.writeTextFile(
    `${scratch.folder}/work/cred/proxmox-backup-client.repository`,
    BASE_ENVIRONMENT.PBS_REPOSITORY + newline,
  );
  const environment = Object.entries({ ...BASE_ENVIRONMENT, ...run.env });
  const outcome = await runInProcess(
    run.argv.map((word) => scratch.withPaths(word)),
    Object.fromEntries(
      environment.map(([name, value]) => [name, value && scratch.withPaths(value)]),
    ),
    { open: () => Promise.resolve(repository) },
  );
  return outcome.stderr.includes(REACHED_REPOSITORY) ? undefined : outcome;
}

type Compared = readonly [unknown, string, string];

/** Another tree stands for the one that was recorded in this group. */
const OTHER_SIZES = "host/h5";

/** How a run ended, without what differs from run to run. */
function compared(
  run: RecordedRun,
  { code, stdout, stderr }: { code: unknown; stdout: string; stderr: string },
  scratch: Scratch,
): Compared {
  const messages = essence(withoutHint(stderr), scratch).split("\n")
    .filter((line) => !isOwnLine(line))
    .map((line) =>
      line.replace(/^(Client name|Starting backup protocol|Duration|End Time): .*/, "$1")
        .replace(/^(Starting backup: host)\/[^/]*\/20(2[5-9]|[3-9]\d)-.*/, "$1")
        .replace(/ to '[^']*' as /, " to '<REPOSITORY>' as ")
        .replace(/\(compressed .*/, "").replace(/ processed in .*/, " processed)")
        .replace(run.argv.includes(OTHER_SIZES) ? /\([\d.]+ \w+ processed/ : /(?!)/, "(processed")
    );
  // The halves of a split archive end in either order.
  if (run.argv.includes("data")) messages.sort();
  const result = FORM_ONLY.test(run.name) ? formOf(stdout) : essence(sorted(stdout), scratch);
  return [
    code,
    result.replace(/"UPID:[^:]+(:[0-9A-F]{8,}){4}:/, '"UPID:'),
    messages.join("\n"),
  ];
}

/** Without the words of a failure, and the lines that tell more of it. */
function withoutWords(run: RecordedRun, [code, stdout, stderr]: Compared): Compared {
  const lines = stderr.split("\n").filter((line) => !/^(cannot |Caused by|$| {4})/.test(line));
  const log = stdout.split("\n").filter((line) =>
    !SHOWS_TASK.test(run.name) || line.startsWith("TASK")
  );
  return [
    code,
    log.join("\n").replace(/^(TASK ERROR): .*/m, "$1"),
    lines.join("\n").replace(/^Error: .*/m, "Error"),
  ];
}

/** What the server writes about its work is not the client's. */
const SHOWS_TASK = /^(gc|(group|ns)-move-.*)$/;

/** The members of JSON, or what kind of text it is. */
function formOf(stdout: string): string {
  if (!/^[[{]/.test(stdout)) return stdout.includes("│") ? "a table" : "text";
  const entries = [JSON.parse(stdout)].flat() as object[];
  return [...new Set(entries.flatMap((entry) => Object.keys(entry)))].toSorted().join();
}

/** JSON whose lists are sorted: the recorded server's were not. */
function sorted(stdout: string): string {
  if (!/^[[{]/.test(stdout)) return stdout;
  const sortLists = (_key: string, value: unknown) =>
    Array.isArray(value)
      ? value.toSorted((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
      : value;
  try {
    return JSON.stringify(JSON.parse(stdout, sortLists));
  } catch {
    return stdout;
  }
}

Deno.test("recorded runs of the official client end alike", async (test) => {
  await using world = await StoryWorld.start();
  const { scratch } = world;
  const agreeing = { alone: 0, onServer: 0, butForWords: 0, crashes: 0 };
  const different: string[] = [];
  for (const run of runsOf("server")) {
    const alone = await replayAlone(run, scratch);
    const outcome = alone ?? await world.replay(run);
    if (run.exit_code === 101) {
      // The official client crashes here: ours says what is wrong.
      assertEquals([outcome.code, outcome.stderr.startsWith("Error: ")], [255, true], run.name);
      agreeing.crashes++;
      continue;
    }
    const actual = compared(run, outcome, scratch);
    const recorded = { code: run.exit_code, stdout: run.stdout, stderr: run.stderr! };
    const expected = compared(run, recorded, scratch);
    if (equal(actual, expected)) agreeing[alone === undefined ? "onServer" : "alone"]++;
    else if (!alone && equal(withoutWords(run, actual), withoutWords(run, expected))) {
      agreeing.butForWords++;
    } else {
      different.push(run.name);
      if (run.name in KEPT_DIFFERENCES) continue;
      assertEquals(actual, expected, `run ${run.name}: ${run.argv.join(" ")}`);
    }
  }
  // A difference that is gone must leave the list.
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  const { alone, onServer, butForWords, crashes } = agreeing;
  await test.step(
    `${alone} agree without a server, ${onServer} on one, ${butForWords} but for the words of a ` +
      `failure; ${different.length} differ on purpose, ${crashes} crashes are errors here`,
    () => {},
  );
});

function equal(a: Compared, b: Compared): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

Deno.test("every recorded run is replayed by a test, or there is a reason", async (test) => {
  const counts = new Map<string, number>();
  for (const run of RECORDED_PROGRAM_RUNS) {
    const place = placeOf(run);
    const key = "by" in place ? `replayed with: ${place.by}` : `not replayed: ${place.none}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of [...counts].toSorted()) await test.step(`${count} ${key}`, () => {});
  assertEquals(RECORDED_PROGRAM_RUNS.length, 1362);
});
