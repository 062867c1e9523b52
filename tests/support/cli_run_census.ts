import { ABSENT_COMMANDS } from "../../cli/command_table.ts";
import { expandAlias, membersOf, selectMember } from "../../cli/arguments/find_command.ts";
import {
  KEY_RUNS_PATTERN,
  RECORDED_ALIASES,
  RECORDED_COMMANDS,
  RECORDED_PROGRAM_RUNS,
  type RecordedRun,
} from "./cli_vectors.ts";

/** Which test replays a recorded run. */
export type ReplayedBy =
  /** tests/command_line/runs_test.ts */
  | "server"
  /** tests/command_line/key_runs_test.ts */
  | "keys"
  /** tests/remote/cli_runs_test.ts */
  | "logins"
  /** tests/command_line/terminal_runs_test.ts */
  | "terminal"
  /** tests/remote/terminal_test.ts */
  | "questions"
  /** tests/command_line/completion_test.ts */
  | "completion"
  /** tests/command_line/pxar_runs_test.ts */
  | "pxar"
  /** tests/command_line/metadata_runs_test.ts */
  | "metadata"
  /** tests/command_line/map_runs_test.ts */
  | "mappings"
  /** tests/command_line/catalog_shell_runs_test.ts */
  | "shell"
  /** tests/command_line/benchmark_runs_test.ts */
  | "benchmark"
  /** tests/command_line/walk_runs_test.ts */
  | "walks";

/** A run is replayed by a test, or there is a reason why by none. */
export type Place = { readonly by: ReplayedBy } | { readonly none: string };

const NAMES = RECORDED_COMMANDS.map(({ command }) => command);

/** The command of a run, by the official client's names. */
export function commandOf(argv: readonly string[]): string | undefined {
  let path = "";
  for (const { text } of expandAlias(RECORDED_ALIASES, argv.map((text) => ({ text })))) {
    const member = selectMember(membersOf(NAMES, path), text);
    if (member === undefined) return undefined;
    path = path === "" ? member : `${path} ${member}`;
    if (NAMES.includes(path)) return path;
  }
  return undefined;
}

const KEYS = new RegExp(KEY_RUNS_PATTERN);

/** Logging in, trusting and finding the server. */
const LOGINS =
  /^(pw-(?!fd$)|cred-|fp-|fingerprint-|login|logout|version-|proxy-|server-identity|repo-(file|cmd|env-newline)|password-prompt-)/;

/** Trees that are made of several file systems, or not for everybody to read. */
const WALKS = /^(walk-|catdump-(mp\d|unr)$)/;

/** Why nothing replays the runs of these names. */
const NOT_REPLAYED: readonly (readonly [RegExp, string])[] = [
  [/^tty-master-create-short$/, "the official client waits for ever"],
  [/^tty-password-utf8$/, "keeps half a letter (spec: cli.md §2.4)"],
  [/^tty-password-tab$/, "has no complete record"],
  [/^comp-target$/, "depends on the recording machine"],
  [/^pw-fd$/, "needs a shell's descriptor"],
  [
    /^(repo-opt-(00|01|02|04|10|22|29)|repo-env-02|atoms-(and-env-repository-ds|env-bad-auth|ds-empty-env)|log-off-error)$/,
    "needs a server on the default port",
  ],
  [
    /^(sig(int|term|hup)-|backup-stopped-by-server|task-(stop-running|log-aborted))/,
    "sends signals, as tests of signals do",
  ],
  [/^(backup|restore)-long/, "takes minutes"],
  [/^walk-(vanishing|growing)/, "changes files while they are read, as tests of that do"],
  [
    /^(restore-as-nobody|restore-prelude(-existing|-overwrite)?$|backup-blockdev|meta-limit|img-chunk-4096|pxar-chunk-64)/,
    "depends on the recording machine",
  ],
  [/^backup-.*-museum/, "depends on the recording machine"],
  [/^backup-unreachable$/, "tries again for a minute"],
  [
    /^(snaplist-(text|group-option)|files-(unfinished|fifo|with-log|enc)|(list|restore)-unfinished.*|(prune|forget)-locked|backup-second-same-group|status-bad-token-perm|ns-move-json|mount-enc(-nokey)?)$/,
    "depends on runs that are not replayed",
  ],
];

/** What is done with a recorded run. */
export function placeOf(run: RecordedRun): Place {
  if (run.program === "pxar") return { by: "pxar" };
  if (run.program !== "proxmox-backup-client") return { none: "the program is out of scope" };
  return placeOfClientRun(run);
}

function placeOfClientRun({ name, argv, env, tty, stderr, stdout }: RecordedRun): Place {
  const command = commandOf(argv);
  const isAbsent = argv[0] === "bashcomplete"
    ? ABSENT_COMMANDS.some((each) => env.COMP_LINE?.includes(`client ${each} `))
    : command !== undefined && ABSENT_COMMANDS.includes(command);
  if (isAbsent) return { none: "the command is not there yet" };
  const reason = NOT_REPLAYED.find(([names]) => names.test(name))?.[1];
  if (reason !== undefined) return { none: reason };
  if (WALKS.test(name)) return { by: "walks" };
  if (/^(tty-)?shell-/.test(name)) return { by: "shell" };
  if (command === "benchmark" && stdout !== "") return { by: "benchmark" };
  if (KEYS.test(name)) return { by: "keys" };
  if (argv[0] === "bashcomplete") return { by: "completion" };
  if (command === "map" || command === "unmap") return { by: "mappings" };
  if (tty) return { by: argv[0] === "login" ? "questions" : "terminal" };
  if (stderr === null) return { none: "has no record of its messages" };
  if (LOGINS.test(name)) return { by: "logins" };
  if (argv.includes("metadata")) return { by: "metadata" };
  const isCut = [...argv, stdout, stderr].some((text) => text.includes("<CUT "));
  return isCut ? { none: "has no complete record" } : { by: "server" };
}

/** The runs that a test replays, in their order. */
export function runsOf(by: ReplayedBy): RecordedRun[] {
  return RECORDED_PROGRAM_RUNS.filter((run) => {
    const place = placeOf(run);
    return "by" in place && place.by === by;
  });
}
