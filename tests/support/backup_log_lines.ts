import { isOwnLine } from "./cli_own_lines.ts";

/** Lines of a backup's log without what differs from run to run, and without those that only we have. */
export function backupLogLines(text: string): string[] {
  return text.trimEnd().split("\n").filter((line) => !isOwnLine(line)).map((line) =>
    line
      .replace(/^(Client name|Starting backup protocol|Duration|End Time): .*/, "$1")
      // Which backup that is, and the way out, is ours.
      .replace(/(is older than last backup\.) .*/, "$1")
      .replace(/ to '[^']*' as /, " to '<REPOSITORY>' as ")
      .replace(/^Starting backup: host\/vm\//, `Starting backup: host/${hostName()}/`)
      .replace(/\(compressed .*/, "")
  );
}

function hostName(): string {
  return Deno.hostname().split(".")[0]!;
}
