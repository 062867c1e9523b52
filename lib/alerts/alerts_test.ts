import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { AlertEvent, AlertOutcome } from "./alert_event.ts";
import type { AlertReport } from "./alert_report.ts";
import { alertTargetsOf } from "./alert_target_of.ts";
import { Alerts } from "./alerts.ts";

function eventOf(outcome: AlertOutcome, name = "nightly"): AlertEvent {
  return { what: "job", name, outcome, summary: "it ended", startedAt: 100, endedAt: 160 };
}

/** A folder with a program in place of sendmail, which writes down each mail; it fails on request. */
class Post implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async make(): Promise<Post> {
    const post = new Post(await Deno.makeTempDir());
    await Deno.writeTextFile(
      `${post.folder}/sendmail`,
      `#!/bin/sh
if [ -e "${post.folder}/broken" ]; then echo "queue file system full" >&2; exit 75; fi
mail=$(mktemp "${post.folder}/mail.XXXXXX"); cat >"$mail"
`,
    );
    await Deno.chmod(`${post.folder}/sendmail`, 0o755);
    return post;
  }

  alerts(settings: Record<string, unknown> = {}): Alerts {
    return new Alerts({
      targets: alertTargetsOf({
        admin: {
          type: "mail",
          to: "admin@example.org",
          sendmail: `${this.folder}/sendmail`,
          retries: 0,
          ...settings,
        },
      }).values(),
      stateFile: `${this.folder}/state/alerts.json`,
      environment: { get: () => undefined },
      host: "here",
    });
  }

  mails(): string[] {
    const names = [...Deno.readDirSync(this.folder)].map(({ name }) => name);
    return names.filter((name) => name.startsWith("mail."))
      .map((name) => Deno.readTextFileSync(`${this.folder}/${name}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

function outcomeOf({ told, unchanged, problems }: AlertReport): string {
  return [
    ...told.map(() => "told"),
    ...unchanged.map(() => "unchanged"),
    ...problems.map(() => "problem"),
  ]
    .join(" ");
}

Deno.test("Alerts tells each change of state once", async () => {
  await using post = await Post.make();
  const told: string[] = [];
  for (const outcome of ["ok", "failed", "failed", "warnings", "ok", "ok"] as const) {
    // A process of its own for each run knows nothing but the file.
    told.push(outcomeOf(await post.alerts().tell(eventOf(outcome))));
  }
  assertEquals(told, ["unchanged", "told", "unchanged", "told", "told", "unchanged"]);
  assertEquals(outcomeOf(await post.alerts().tell(eventOf("failed", "other"))), "told");
  assertEquals(post.mails().length, 4);
  assert(post.mails().every((mail) => mail.includes("Auto-Submitted: auto-generated")));
  const subject = "Subject: [pbs-client] failed: job other: it ended";
  assert(post.mails().some((mail) => mail.includes(subject)));
});

Deno.test("Alerts counts warnings as ok for a target that hears of failures alone", async () => {
  await using post = await Post.make();
  const told: string[] = [];
  for (const outcome of ["warnings", "failed", "warnings", "ok"] as const) {
    told.push(outcomeOf(await post.alerts({ from: "failed" }).tell(eventOf(outcome))));
  }
  assertEquals(told, ["unchanged", "told", "told", "unchanged"]);
});

Deno.test("Alerts tells every event where that is asked for, and reminds of what stays bad", async () => {
  await using post = await Post.make();
  const always = post.alerts({ always: true });
  for (const outcome of ["ok", "ok"] as const) {
    assertEquals(outcomeOf(await always.tell(eventOf(outcome))), "told");
  }
  const alerts = post.alerts({ "remind-after": "1h" });
  assertEquals(outcomeOf(await alerts.tell(eventOf("failed"))), "told");
  assertEquals(outcomeOf(await alerts.tell(eventOf("failed"))), "unchanged");
  const path = `${post.folder}/state/alerts.json`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replaceAll(/"at":[0-9.]+/g, '"at":1000'));
  assertEquals(outcomeOf(await alerts.tell(eventOf("failed"))), "told");
});

Deno.test("Alerts keeps what could not be delivered for the next time", async () => {
  await using post = await Post.make();
  await Deno.writeTextFile(`${post.folder}/broken`, "");
  const report = await post.alerts().tell(eventOf("failed"));
  assertEquals(report.told, []);
  assertEquals(report.problems.length, 1);
  assertStringIncludes(report.problems[0]!, 'alert "admin": ');
  assertStringIncludes(report.problems[0]!, "exit code 75: queue file system full");
  await Deno.remove(`${post.folder}/broken`);
  assertEquals(outcomeOf(await post.alerts().tell(eventOf("failed"))), "told");
});

Deno.test("Alerts waits no longer than its limit for a program, and ends it", async () => {
  await using post = await Post.make();
  await Deno.writeTextFile(`${post.folder}/sendmail`, "#!/bin/sh\nsleep 1000\nexit 0\n");
  const report = await post.alerts({ "time-limit": 1 }).tell(eventOf("failed"));
  assertEquals(report.problems, ['alert "admin": not delivered in 1 s']);
});

Deno.test("Alerts says that a state file is damaged, and begins it anew", async () => {
  await using post = await Post.make();
  assertEquals(outcomeOf(await post.alerts().tell(eventOf("failed"))), "told");
  for (const text of ["", "{", "[]", '{"version":2}', '{"version":1,"states":[{"target":1}]}']) {
    await Deno.writeTextFile(`${post.folder}/state/alerts.json`, text);
    const report = await post.alerts().tell(eventOf("failed"));
    assertEquals(report.told, ["admin"], text);
    assertStringIncludes(report.problems.join(), "is damaged");
    assertEquals(outcomeOf(await post.alerts().tell(eventOf("failed"))), "unchanged");
  }
});

Deno.test("Alerts delivers where no state can be kept", async () => {
  await using post = await Post.make();
  await Deno.writeTextFile(`${post.folder}/state`, "");
  const report = await post.alerts().tell(eventOf("failed"));
  assertEquals(report.told, ["admin"]);
  assertStringIncludes(report.problems.join(), "cannot lock");
});

Deno.test("Alerts of several at a time tell one thing once, and lose no state", async () => {
  await using post = await Post.make();
  const all = Array.from(
    { length: 12 },
    (_, i) => post.alerts().tell(eventOf("failed", `j${i % 4}`)),
  );
  const reports = await Promise.all(all);
  assertEquals(reports.flatMap(({ told }) => told).length, 4);
  assertEquals(reports.flatMap(({ problems }) => problems), []);
  const state = JSON.parse(await Deno.readTextFile(`${post.folder}/state/alerts.json`));
  assertEquals(state.states.length, 4);
  assertEquals(post.mails().length, 4);
});

Deno.test("Alerts writes metrics of all subjects into one text file", async () => {
  await using post = await Post.make();
  const path = `${post.folder}/pbs.prom`;
  const alerts = new Alerts({
    targets: alertTargetsOf({ node: { type: "textfile", file: path } }).values(),
    stateFile: `${post.folder}/state.json`,
    environment: { get: () => undefined },
  });
  const strange = 'a"b\\c\nd}';
  await Promise.all([alerts.tell(eventOf("ok", strange)), alerts.tell(eventOf("failed", "b"))]);
  const report = await alerts.tell({ ...eventOf("failed", strange), startedAt: 200, endedAt: 260 });
  assertEquals(report.problems, []);
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line.includes("a\\"));
  const labels = String.raw`{what="job",name="a\"b\\c\nd}"}`;
  assertEquals(lines, [
    `pbs_client_last_start_timestamp_seconds${labels} 200`,
    `pbs_client_last_end_timestamp_seconds${labels} 260`,
    `pbs_client_last_outcome${labels} 2`,
    `pbs_client_last_success_timestamp_seconds${labels} 160`,
  ]);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o644);
  const shown = [...Deno.readDirSync(post.folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".prom"));
  assertEquals(shown, ["pbs.prom"]);
});
