import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { inOrder, jobCommands } from "../jobs/job_commands.ts";
import { readJobsFile } from "./read_jobs_file.ts";

async function check(text: string): Promise<string[]> {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/pbs-client.toml`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return readJobsFile(path).faults.map(({ line, key, reason }) => `${line} ${key}: ${reason}`);
}

async function words(text: string): Promise<string[][]> {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/pbs-client.toml`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  const { faults, file } = readJobsFile(path);
  assertEquals(faults, []);
  return file!.jobs.flatMap(jobCommands).flatMap(inOrder).map(({ words }) => [...words]);
}

const REPOSITORIES = `[repositories.local]
repository = "/srv/store"
[repositories.far]
repository = "joe@pbs!web@pbs.example.org:store1"
namespace = "a/b"
keyfile = "/etc/far.json"
`;

Deno.test("every fault is told with its line, its key and its cause", async () => {
  const faults = await check(`[repositories.local]
password = "hunter2"
[repositories."a b"]
repository = "/x"
[jobs.a]
extends = "b"
sources = ["x:/y", "a.pxar:rel"]
keep-dayly = 3
keep-last = "3"
rate = "fast"
change-detection-mode = "quick"
schedule = "25:00"
repositories = ["nope"]
exclude = "x"
keyfile = "key.json"
hooks.befor = ["x"]
when.reachable = ["pbs.example.org"]
[jobs.b]
extends = "a"
[jobs.c]
alerts = ["x"]
init = 1
[jobs.d]
extends = "e"
[alerts.admin]
type = "carrier pigeon"
[more]
`);
  const starts = [
    "1 repositories.local.repository: is missing",
    "2 repositories.local.password: no secret stands in this file",
    "3 repositories.a b: a name has up to 64 letters",
    "6 jobs.a.extends: is a circle: a extends b extends a",
    "7 jobs.a.sources: 'x:/y' is no backup spec",
    "7 jobs.a.sources: a job has no folder of its own: write '/y'",
    "7 jobs.a.sources: a job has no folder of its own: write 'rel'",
    "8 jobs.a.keep-dayly: is no key here, maybe keep-daily",
    "9 jobs.a.keep-last: has to be a whole number",
    "10 jobs.a.rate: ",
    "11 jobs.a.change-detection-mode: 'quick' is none of legacy, data, metadata",
    "12 jobs.a.schedule: '25:00' is no calendar event",
    "13 jobs.a.repositories: there is no [repositories.nope]",
    "14 jobs.a.exclude: has to be an array of strings",
    "15 jobs.a.keyfile: a job has no folder of its own: write 'key.json'",
    "16 jobs.a.hooks.befor: is no key here, maybe before",
    "17 jobs.a.when.reachable: write a host and a port",
    "19 jobs.b.extends: is a circle: b extends a extends b",
    "20 jobs.c.repositories: is missing",
    "20 jobs.c.sources: is missing",
    "21 jobs.c.alerts: there is no [alerts.x]",
    "22 jobs.c.init: has to be true or false",
    "24 jobs.d.extends: there is no job 'e'",
    "26 alerts.admin.type: ",
    "27 more: is no key",
  ].filter((start) => !start.includes("write '/y'"));
  for (const [index, start] of starts.entries()) {
    assertEquals(faults[index]?.slice(0, start.length), start, faults.join("\n"));
  }
  assertEquals(faults.length, starts.length, faults.join("\n"));
  assertEquals(faults.filter((fault) => fault.includes("hunter2")), []);
});

Deno.test("what is no TOML is told with its line, without the text", async () => {
  assertMatch((await check("a = 1\na = 2\n")).join(), /^2 : is no TOML: defining a key/);
  assertMatch((await check("[repositories.x]\npassword = hunter2\n")).join(), /^2 : [^2]*$/);
  assertMatch((await check("a = '\ud800'")).join(), /TOML|UTF-8|no key/);
});

Deno.test("a secret that is named twice, or an archive, is a fault", async () => {
  const faults = await check(`${REPOSITORIES}password-file = "/a"
password-command = "b"
[jobs.x]
repositories = ["local"]
sources = ["a.pxar:/a", "a.pxar:/b"]
`);
  assertEquals(faults, [
    "8 repositories.far.password-command: excludes password-file",
    "11 jobs.x.sources: 'a.pxar' is there twice",
  ]);
});

Deno.test("a job has what it says, else what it extends says, else the defaults", async () => {
  const lines = await words(`${REPOSITORIES}
[defaults]
repositories = ["local"]
exclude = ["*.tmp"]
keep-daily = 7
crypt-mode = "none"
[jobs.base]
exclude = ["*.cache", "-x"]
backup-id = "base"
[jobs.two]
extends = "base"
backup-id = "two"
repositories = ["local", "far"]
sources = ["-a.pxar:/a b"]
skip-lost-and-found = true
all-file-systems = false
lock-wait = "1h"
keep-last = 2
`);
  const options = ["--lock-wait", "1h", "--skip-lost-and-found"];
  const backup = (...target: string[]) => ["backup", ...target, "--", "-a.pxar:/a b"];
  const prune = (...target: string[]) => ["prune", "host/two", ...target];
  const sorted = (all: string[][]) => all.map((each) => each.toSorted());
  const local = ["--repository", "/srv/store"];
  const far = ["--repository", "joe@pbs!web@pbs.example.org:store1", "--ns", "a/b"];
  const keep = ["--keep-last", "2", "--keep-daily", "7", "--lock-wait", "1h"];
  const own = [
    "--crypt-mode",
    "none",
    "--backup-id",
    "two",
    "--exclude",
    "*.cache",
    "--exclude=-x",
    ...options,
  ];
  assertEquals(
    sorted(lines),
    sorted([
      backup(...local, ...own),
      prune(...local, ...keep),
      backup(...far, "--keyfile", "/etc/far.json", ...own),
      prune(...far, ...keep),
    ]),
  );
});

Deno.test("a job maintains as its table and those above say, with sources or without", async () => {
  const text = `${REPOSITORIES}
[defaults]
repositories = ["local"]
keep-last = 3
[defaults.maintain]
keep-daily = 7
sample = "5%"
[jobs.both]
sources = ["a.pxar:/a"]
backup-id = "both"
[jobs.base]
maintain.lock-wait = "1h"
[jobs.whole]
extends = "base"
repositories = ["local", "far"]
[jobs.whole.maintain]
keep-daily = 2
ignore-verified = true
group-filter = ["type:host", "exclude:group:host/x"]
skip = ["garbage-collection"]
[jobs.none]
sources = []
maintain.ignore-verified = false
maintain.for = "2h"
`;
  const local = ["--repository", "/srv/store"];
  const far = ["--repository", "joe@pbs!web@pbs.example.org:store1", "--ns", "a/b"];
  const daily = ["--keep-daily", "7", "--sample", "5%"];
  const whole = (...target: string[]) => [
    "maintain",
    ...target,
    ...["--keep-daily", "2", "--sample", "5%", "--lock-wait", "1h", "--ignore-verified=true"],
    ...["--group-filter", "type:host", "--group-filter", "exclude:group:host/x"],
    ...["--skip", "garbage-collection"],
  ];
  const sorted = (all: string[][]) => all.map((each) => each.toSorted());
  // What others are made from does nothing by itself without sources.
  assertEquals(
    sorted(await words(text)),
    sorted([
      ["backup", "a.pxar:/a", ...local, "--backup-id", "both"],
      ["prune", "host/both", ...local, "--keep-last", "3"],
      ["maintain", ...local, ...daily],
      whole(...local),
      whole(...far),
      ["maintain", ...local, ...daily, "--ignore-verified=false", "--for", "2h"],
    ]),
  );
});

Deno.test("a job without sources removes nothing that its own rules could keep", async () => {
  const faults = await check(`${REPOSITORIES}
[jobs.a]
repositories = ["local"]
keep-last = 1
[jobs.a.maintain]
keep-last = 0
repository = "/x"
dry-run = true
sample = "none"
[jobs.b]
repositories = ["local"]
sources = []
maintain = true
`);
  const starts = [
    "10 jobs.a.keep-last: removes nothing without sources: it belongs to [jobs.a.maintain]",
    "12 jobs.a.maintain.keep-last: ",
    "13 jobs.a.maintain.repository: is no key",
    "14 jobs.a.maintain.dry-run: is no key",
    "15 jobs.a.maintain.sample: ",
    "18 jobs.b.sources: is missing: a job needs at least one, or a table maintain",
    "19 jobs.b.maintain: has to be a table: [jobs.b.maintain]",
  ];
  for (const [index, start] of starts.entries()) {
    assertEquals(faults[index]?.slice(0, start.length), start, faults.join("\n"));
  }
  assertEquals(faults.length, starts.length, faults.join("\n"));
});

Deno.test("a file with commands is nobody else's to write", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const folder = `${dir.path}/etc`;
  const path = `${folder}/pbs-client.toml`;
  await Deno.mkdir(folder);
  const write = async (text: string, mode: number, folderMode = 0o755) => {
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    await Deno.chmod(folder, folderMode);
    return readJobsFile(path).faults.map(({ reason }) => reason);
  };
  const job = `${REPOSITORIES}[jobs.x]\nsources = ["a.pxar:/a"]\nrepositories = ["local"]\n`;
  const hooks = `${job}hooks.before = ["true"]\n`;
  const command = `${REPOSITORIES}password-command = "pass"\n`;
  const nested = '[alerts.a]\ntype = "mail"\nto = "a@example.org"\nsendmail = "/bin/x"\n';
  assertEquals(await write(job, 0o666), []);
  assertEquals(await write(hooks, 0o644), []);
  for (const text of [hooks, command, nested]) {
    assertMatch((await write(text, 0o664)).join(), /others may write in ".*pbs-client.toml"/);
  }
  assertMatch((await write(hooks, 0o644, 0o777)).join(), /others may write in ".*\/etc"/);
  assertEquals(await write(hooks, 0o644, 0o1777), []);
});

Deno.test("no text makes the check fail in another way than by telling a fault", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const path = `${dir.path}/pbs-client.toml`;
  const whole = `${REPOSITORIES}
[defaults]
repositories = ["local"]
hooks = { before = ["true"], time-limit = "1h" }
[jobs.a]
extends = "b"
sources = ["a.pxar:/a"]
keep-last = 3
[jobs.a.when]
mounted = ["/mnt"]
[jobs.a.maintain]
skip = ["verify"]
[[more]]
x = 1.5
[jobs.b]
init = true
schedule = "daily"
[alerts.x]
type = "webhook"
`;
  const pieces = [
    ..."[]{}=.\"'\\#,\n\0ä09-",
    "[jobs]\n",
    "[[jobs.a]]\n",
    "jobs = 1\n",
    "hooks = []\n",
    "extends = 1\n",
    "= 2020-01-01\n",
    "__proto__ = 1\n",
    "[__proto__.a]\n",
    "constructor.x = 1\n",
  ];
  const property = fc.property(
    fc.array(fc.tuple(fc.nat(whole.length), fc.nat(12), fc.constantFrom(...pieces)), {
      minLength: 1,
      maxLength: 4,
    }),
    (edits) => {
      let text = whole;
      for (const [at, count, piece] of edits) {
        text = text.slice(0, at) + piece + text.slice(at + count);
      }
      Deno.writeTextFileSync(path, text, { mode: 0o600 });
      const { faults, file } = readJobsFile(path);
      assertEquals(faults.length === 0, file !== undefined);
      const lines = text.split("\n").length + 1;
      for (const { line } of faults) assert(line >= 1 && line <= lines, `line ${line} of ${lines}`);
      file?.jobs.flatMap(jobCommands);
    },
  );
  fc.assert(property, { numRuns: 800 });
});
