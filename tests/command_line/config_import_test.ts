import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { JobsWorld } from "../support/jobs_world.ts";
import { runClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

/** As the documentation of borgmatic has it, for a small web server. */
const BORGMATIC = `source_directories:
    - /etc
    - /home
    - /var/www/
    - ~/relative

repositories:
    - path: ssh://k8pDxu32@k8pDxu32.repo.borgbase.com/./repo
      label: borgbase
      encryption: repokey-aes-ssd
    - path: /mnt/backup
      label: local

one_file_system: true
exclude_patterns:
    - '*.pyc'
    - /home/*/.cache
    - 're:^/var/.*\\.log$'
encryption_passphrase: "hunter2"
archive_name_format: '{hostname}-documents-{now}'
compression: lz4
retries: 5
upload_rate_limit: 2000

keep_daily: 7
keep_weekly: 4
keep_monthly: 6
keep_yearly: 0
keep_within: 3H

checks:
    - name: repository
      frequency: 2 weeks

before_backup:
    - echo "Starting a backup." >before
after_backup:
    - echo "Finished a backup."
on_error:
    - echo "Error during {repository}."
commands:
    - before: action
      when: [create]
      run:
          - mount /mnt/data
    - after: error
      run:
          - logger failed
    - before: action
      when: [prune]
      run:
          - echo never
healthchecks:
    ping_url: https://hc-ping.com/your-uuid-here
ntfy:
    topic: my-unique-topic
    server: https://ntfy.example.org/
    access_token: hunter3
postgresql_databases:
    - name: users
      hostname: database1.example.org
      password: hunter4
`;

/** With the sections that older versions had. */
const OLD_BORGMATIC = `location:
    source_directories:
        - /srv
    repositories:
        - backup@backups.example.org:borg
retention:
    keep_hourly: 24
hooks:
    before_backup: ["true"]
`;

const RESTICPROFILE = `version: "2"
global:
    default-command: snapshots
profiles:
    default:
        repository: "local:/backup"
        password-file: "password.txt"
        initialize: true
        env:
            AWS_SECRET_ACCESS_KEY: hunter2
        retention:
            after-backup: true
            keep-last: 3
            keep-within: "3h"
    root:
        inherit: default
        run-before: "echo {{ .Profile.Name }}"
        run-after-fail:
            - "mail -s failed root"
        run-finally: "sync"
        backup:
            exclude: [".cache", "/var/tmp/*"]
            one-file-system: false
            source: [/]
            schedule: "*:00,30"
            host: web1
            tag: [root]
            limit-upload: 500
        forget:
            keep-daily: 14
    src:
        inherit: default
        backup:
            source: "/home/me/src"
            one-file-system: true
            exclude-caches: true
            schedule: ["daily", "monthly"]
    lonely:
        password-command: "pass restic"
`;

const RESTICPROFILE_TOML = `version = "1"
[documents]
repository = "sftp:backup@nas.example.org:/srv/restic"
password-file = "key"
run-before = "true"
  [documents.backup]
  source = [ "/home/me/documents" ]
  schedule = "daily"
  [documents.retention]
  after-backup = true
  keep-weekly = 8
`;

/** Imports a configuration, and has what comes of it checked. */
async function imported(
  name: string,
  text: string,
): Promise<{ toml: string; remarks: string; code: number }> {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/${name}`, text);
  const run = await runClient(["config", "import", `${dir.path}/${name}`, "--warnings-exit", "3"]);
  await Deno.writeTextFile(`${dir.path}/made.toml`, run.stdout, { mode: 0o600 });
  assertOk(await runClient(["config", "check", "--config", `${dir.path}/made.toml`]));
  assertEquals(/hunter\d/.test(run.stdout + run.stderr), false, run.stdout + run.stderr);
  const toml = run.stdout.split("\n").filter((line) => !line.startsWith("#")).join("\n");
  for (const line of run.stderr.trimEnd().split("\n")) {
    assertStringIncludes(run.stdout, `# - ${line}`);
  }
  return { toml: toml.trim(), remarks: run.stderr, code: run.code };
}

function assertRemarks(remarks: string, starts: readonly string[]): void {
  const lines = remarks.trimEnd().split("\n");
  for (const start of starts) {
    assert(lines.some((line) => line.startsWith(start)), `no "${start}" in:\n${remarks}`);
  }
  assertEquals(lines.length, starts.length, remarks);
}

Deno.test("a configuration of borgmatic becomes a job, and what is left is told", async () => {
  const { toml, remarks, code } = await imported("web server.yaml", BORGMATIC);
  assertEquals(code, 3);
  assertEquals(
    toml,
    `[repositories.borgbase]
repository = "backup@pbs!token@k8pDxu32.repo.borgbase.com:datastore"

[repositories.local]
repository = "/mnt/backup-pbs"

[jobs.web-server]
repositories = ["borgbase", "local"]
sources = ["etc.pxar:/etc", "home.pxar:/home", "var-www.pxar:/var/www/"]
exclude = ["*.pyc", "/home/*/.cache"]
keep-daily = 7
keep-weekly = 4
keep-monthly = 6
retry = 5
rate = "2000KiB"
hooks.before = ["echo \\"Starting a backup.\\" >before", "mount /mnt/data"]
hooks.after = ["[ \\"$PBS_JOB_OUTCOME\\" = failed ] || {\\necho \\"Finished a backup.\\"\\n}"]
hooks.on-failure = ["echo \\"Error during {repository}.\\"", "logger failed"]
alerts = ["healthchecks", "ntfy"]

[alerts.healthchecks]
type = "webhook"
template = "healthchecks"
url = "https://hc-ping.com/your-uuid-here"

[alerts.ntfy]
type = "webhook"
template = "ntfy"
url = "https://ntfy.example.org/my-unique-topic"`,
  );
  assertRemarks(remarks, [
    "repositories.borgbase.repository: was ssh://…@k8pDxu32.repo.borgbase.com/./repo, which only",
    "repositories.encryption: make a key with",
    "repositories.local.repository: was /mnt/backup, which only",
    "source_directories: ~/relative is no absolute path",
    "exclude_patterns: re:^/var/.*\\.log$: regular expressions",
    "commands: those for prune are not taken over",
    "hooks.on-failure: words in braces are not filled in",
    "ntfy.access_token: is not understood",
    "encryption_passphrase: a secret, not taken over",
    "archive_name_format: ",
    "compression: ",
    "keep_within: is not understood",
    "checks: ",
    "postgresql_databases: give the dump to a job with stdin-from-command",
  ]);
});

Deno.test("the sections of older borgmatic configurations are understood", async () => {
  const { toml } = await imported("config.yml", OLD_BORGMATIC);
  assertEquals(
    toml,
    `[repositories.backups-example-org]
repository = "backup@pbs!token@backups.example.org:datastore"

[jobs.config]
repositories = ["backups-example-org"]
sources = ["srv.pxar:/srv"]
all-file-systems = true
keep-hourly = 24
hooks.before = ["true"]`,
  );
});

Deno.test("profiles of resticprofile become jobs that extend each other", async () => {
  const { toml, remarks } = await imported("profiles.yaml", RESTICPROFILE);
  const withoutCaches = toml.replace("exclude-caches = true\n", "");
  assertEquals(
    withoutCaches,
    `[repositories.local]
repository = "/backup-pbs"

[jobs.default]
repositories = ["local"]
init = true
keep-last = 3

[jobs.root]
extends = "default"
sources = ["root.pxar:/"]
all-file-systems = true
exclude = [".cache", "/var/tmp/*"]
backup-id = "web1"
schedule = "*:00,30"
rate = "500KiB"
hooks.before = ["echo {{ .Profile.Name }}"]
hooks.on-failure = ["mail -s failed root"]
hooks.after = ["sync"]
keep-daily = 14

[jobs.src]
extends = "default"
sources = ["home-me-src.pxar:/home/me/src"]
schedule = "daily"`,
  );
  const caches = toml === withoutCaches ? ["profiles.src.backup.exclude-caches: "] : [];
  assertRemarks(remarks, [
    "global: is not taken over",
    "repositories.local.repository: was /backup, which only",
    "profiles.default.retention.keep-within: is not understood",
    "profiles.default.password-file: it opens the other program's repository",
    "profiles.default.env: variables are not taken over",
    "hooks.before: templates and variables",
    "profiles.root.backup.tag: snapshots have notes",
    "profiles.src.backup.schedule: only the first one counts",
    "profiles.lonely.password-command: ",
    "lonely: backs up nothing",
    ...caches,
  ]);
});

Deno.test("resticprofile in TOML is understood as well", async () => {
  const { toml } = await imported("profiles.toml", RESTICPROFILE_TOML);
  assertEquals(
    toml,
    `[repositories.nas-example-org]
repository = "backup@pbs!token@nas.example.org:datastore"

[jobs.documents]
repositories = ["nas-example-org"]
sources = ["home-me-documents.pxar:/home/me/documents"]
all-file-systems = true
schedule = "daily"
hooks.before = ["true"]
keep-weekly = 8`,
  );
});

Deno.test("an imported job runs when its repository is named", async () => {
  await using world = await JobsWorld.make();
  await Deno.writeTextFile(
    `${world.path}/borg.yaml`,
    `source_directories: [${world.path}/source]\nrepositories: [${world.path}/borg]\n`,
  );
  const run = assertOk(await runClient(["config", "import", `${world.path}/borg.yaml`]));
  const toml = run.stdout.replace(`${world.path}/borg-pbs`, `${world.path}/one`);
  await Deno.writeTextFile(world.file, toml, { mode: 0o600 });
  assertOk(await world.run("job", "run", "borg"));
  assertEquals(world.record("borg")?.outcome, "ok");
});

Deno.test("what is no such configuration is one error", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const of = async (name: string, text: string, ...more: string[]) => {
    await Deno.writeTextFile(`${dir.path}/${name}`, text);
    return await runClient(["config", "import", `${dir.path}/${name}`, ...more]);
  };
  const bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" +
    ["b", "c", "d", "e", "f"].map((key, index) => {
      const before = "abcdef"[index]!;
      return `${key}: &${key} [${Array(9).fill(`*${before}`).join(", ")}]\n`;
    }).join("");
  assertFailure(await of("a.yaml", "a: 1\n"), /looks neither like a configuration of borgmatic/);
  assertFailure(await of("b.yaml", "a: [1\nb: 2\n"), /is no YAML: line \d/);
  assertFailure(await of("c.yaml", bomb), /is no YAML that can be used/);
  assertFailure(await of("d.yaml", "- 1\n"), /has no keys/);
  assertFailure(await of("e.toml", "a = \n"), /is no TOML: line/);
  assertFailure(
    await of("f.yaml", "a: 1\n", "--from", "resticprofile"),
    /has nothing that is backed/,
  );
});
