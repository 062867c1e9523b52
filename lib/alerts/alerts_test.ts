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

const words = (events: readonly AlertEvent[]) => `${events.length} of them`;

function eventsOf(count: number, outcome: AlertOutcome): AlertEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    ...eventOf(outcome, `n${i}`),
    summary: `it is ${i}`,
    startedAt: 100 - i,
    endedAt: 200 + i,
  }));
}

Deno.test("Alerts tells several at once in one message, of what is news alone", async () => {
  await using post = await Post.make();
  const subjects = () => post.mails().map((mail) => /^Subject: (.*)$/m.exec(mail)![1]).sort();
  const tell = async (events: AlertEvent[]) =>
    outcomeOf(await post.alerts().tellTogether(events, words));
  assertEquals(await tell([]), "");
  assertEquals(await tell(eventsOf(1, "failed")), "told");
  assertEquals(subjects(), ["[pbs-client] failed: job n0: it is 0"]);
  assertEquals(await tell(eventsOf(150, "failed")), "told");
  const second = "[pbs-client] failed: 149 of them";
  assertEquals(subjects(), [second, "[pbs-client] failed: job n0: it is 0"]);
  const lines = post.mails().find((mail) => mail.includes(second))!.split(/\r?\n/);
  assertEquals(lines.filter((line) => line.startsWith("failed: it is ")).length, 100);
  assert(lines.includes("failed: it is 100") && !lines.includes("failed: it is 0"));
  assert(lines.includes("and 49 more"));
  assert(lines.includes("Started:  1969-12-31T23:59:11Z"));
  assertEquals(await tell(eventsOf(150, "failed")), "unchanged");
  // Two recover while another one fails.
  const mixed = [...eventsOf(2, "ok"), eventOf("failed", "new"), eventOf("ok", "unheard of")];
  assertEquals(await tell(mixed), "told");
  const third = post.mails().find((mail) => mail.includes("failed: 3 of them"))!;
  assertEquals(third.match(/^(failed|ok): .*$/gm), [
    "failed: it ended",
    "ok: it is 0",
    "ok: it is 1",
  ]);
  assertEquals(post.mails().length, 3);
});

Deno.test("Alerts keeps those of a message that was not delivered for the next time", async () => {
  await using post = await Post.make();
  await Deno.writeTextFile(`${post.folder}/broken`, "");
  const failed = await post.alerts().tellTogether(eventsOf(3, "failed"), words);
  assertEquals([failed.told.length, failed.problems.length], [0, 1]);
  await Deno.remove(`${post.folder}/broken`);
  assertEquals(outcomeOf(await post.alerts().tell(eventsOf(2, "failed")[1]!)), "told");
  assertEquals(
    outcomeOf(await post.alerts().tellTogether(eventsOf(3, "failed"), words)),
    "told",
  );
  assert(post.mails().some((mail) => mail.includes("failed: 2 of them")));
});

Deno.test("Alerts puts the ends of logs behind a list, as far as there is room", async () => {
  await using post = await Post.make();
  const logged = (count: number) =>
    eventsOf(count, "failed").map((event) => ({
      ...event,
      details: `begin of ${event.name}\n${"x\n".repeat(4000)}end of ${event.name}`,
    }));
  await post.alerts().tellTogether(logged(3), words);
  const [mail] = post.mails();
  assertEquals(mail!.match(/^end of .*$/gm), ["end of n0", "end of n1", "end of n2"]);
  assert(!mail!.includes("begin of"));
  assert(mail!.length < 20_000);
});

Deno.test("Alerts writes metrics of several at once under their names", async () => {
  await using post = await Post.make();
  const path = `${post.folder}/pbs.prom`;
  const alerts = new Alerts({
    targets: alertTargetsOf({ node: { type: "textfile", file: path } }).values(),
    stateFile: `${post.folder}/state.json`,
    environment: { get: () => undefined },
  });
  const events = [...eventsOf(2, "ok"), eventOf("failed", "other")];
  assertEquals(outcomeOf(await alerts.tellTogether(events, words)), "told");
  const text = await Deno.readTextFile(path);
  assertEquals(text.match(/^pbs_client_last_outcome\{.*$/gm)!.sort(), [
    'pbs_client_last_outcome{what="job",name="n0"} 0',
    'pbs_client_last_outcome{what="job",name="n1"} 0',
    'pbs_client_last_outcome{what="job",name="other"} 2',
  ]);
});
