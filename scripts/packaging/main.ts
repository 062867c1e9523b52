// deno-lint-ignore-file no-console
import { parseArgs } from "@std/cli/parse-args";
import { describeError } from "../../lib/errors/mod.ts";
import { makeRelease, type ReleaseRequest } from "./make_release.ts";
import { compareReleases } from "./compare_releases.ts";
import { fileURLToPath } from "node:url";

const USAGE = `usage: scripts/release [--output FOLDER] [--executable FILE]... [--check]

Makes everything that a release consists of: packed executables, Debian and RPM packages, the image,
the bill of materials, licences, SHA256SUMS. Says what it leaves out, and why.

  --output FOLDER    where to; a release that is there is replaced (default: dist/release)
  --executable FILE  packed executable to take instead of making one, for each kind of processor once
  --check            makes everything twice, the second time elsewhere and under another time zone,
                     locale and umask, and fails where two files differ`;

/** Ends with a usage text on the standard error. */
function refuse(problem: string): never {
  console.error(`scripts/release: ${problem}\n\n${USAGE}`);
  Deno.exit(2);
}

const { output, executable, check, help, _: words } = parseArgs(Deno.args, {
  string: ["output", "executable"],
  boolean: ["help", "check"],
  collect: ["executable"],
  default: { output: fileURLToPath(new URL("../../dist/release", import.meta.url)) },
  unknown: (word: string) => refuse(`there is no option "${word}"`),
});

if (help) {
  console.log(USAGE);
  Deno.exit(0);
}
if (words.length > 0) refuse(`what is "${words[0]}"?`);
const request: ReleaseRequest = { output, executables: executable, report: console.log };
try {
  await makeRelease(request);
  if (check) await compareReleases(request);
} catch (error) {
  console.error(`scripts/release: ${describeError(error).join("; ")}`);
  Deno.exit(1);
}
