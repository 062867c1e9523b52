import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Zones as POSIX allows them: names, rules on both hemispheres, no rule, files, nothing. */
const ZONES = [
  "CET-1CEST,M3.5.0,M10.5.0/3",
  "AEST-10AEDT,M10.1.0,M4.1.0/3",
  "<+0330>-3:30",
  "EST5EDT,M3.2.0,M11.1.0",
  "XYZ+7",
  ":Europe/Berlin",
  "Europe/Berlin",
  "UTC0",
  "",
];

/** Winter and summer of several years, and around changes of the clock. */
const TIMES = [
  0,
  946684800,
  1711846799,
  1711846800,
  1720000000,
  1729990799,
  1729990800,
  1772668801,
];

const PROGRAM = `
import { formatDate } from "./cli/output/format_date.ts";
import { formatTimestamp } from "./lib/crypto/mod.ts";
import { localTimestamp } from "./lib/server/tasks/local_timestamp.ts";
for (const time of JSON.parse(Deno.args[0])) {
  console.log(formatDate(time));
  console.log(formatTimestamp(time));
  console.log(localTimestamp(new Date(time * 1000)));
}
`;

testWithPeers("local time is that of date(1), whatever form TZ has", ["date"], async () => {
  const root = fromFileUrl(new URL("../../", import.meta.url));
  // Not in the clone, which other tests look through.
  await using dir = await TempDir.make("/dev/shm");
  const script = `${dir.path}/local_time.ts`;
  await Deno.writeTextFile(script, PROGRAM.replaceAll('"./', `"${root}`));
  for (const zone of ZONES) {
    const env = { TZ: zone, LC_ALL: "C" };
    const ours = await run(Deno.execPath(), [
      "run",
      "--quiet",
      "--no-check",
      "--allow-all",
      "--cached-only",
      `--config=${root}deno.json`,
      script,
      JSON.stringify(TIMES),
    ], env);
    const theirs = await run("sh", [
      "-c",
      `for t in ${TIMES.join(" ")}; do ` +
      'date -d "@$t" "+%a %b %e %H:%M:%S %Y"; ' +
      'date -d "@$t" "+%Y-%m-%dT%H:%M:%S%:z"; date -d "@$t" "+%Y-%m-%dT%H:%M:%S%:z"; done',
    ], env);
    assertEquals(ours, theirs, `TZ=${zone}`);
  }
});

async function run(command: string, args: string[], env: Record<string, string>): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(decoder.decode(stderr));
  return decoder.decode(stdout);
}
