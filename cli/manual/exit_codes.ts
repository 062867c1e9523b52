/** How the program ends. */
export interface ExitCode {
  /** The code, or what stands for it. */
  readonly shown: string;
  readonly meaning: string;
}

/** All ways to end (spec: cli.md §1.5). */
export const EXIT_CODES: readonly ExitCode[] = [
  {
    shown: "0",
    meaning: "All went well. Also: help for a command that does not exist, and a result that " +
      "PROXMOX_OUTPUT_FORMAT asks for in an unknown form as a table.",
  },
  {
    shown: "code",
    meaning:
      "The one that --warnings-exit or PBS_WARNINGS_EXIT gives: the command has done its work, " +
      "and there were warnings.",
  },
  {
    shown: "1, 2, 3",
    meaning: "The command check found backups that are worth a warning, that are critical, or " +
      "could not look.",
  },
  {
    shown: "254",
    meaning: "job run: something failed, but in some repositories all went well.",
  },
  {
    shown: "255",
    meaning: "The command failed, or the command line is wrong. The message on the standard " +
      'error begins with "Error: ".',
  },
  {
    shown: "141",
    meaning: "The reader of the result has gone, as when it is piped into head.",
  },
  {
    shown: "signal",
    meaning: "After SIGINT, SIGTERM or SIGHUP the program removes what is unfinished and ends by " +
      "that signal; a shell shows 128 and its number.",
  },
];
