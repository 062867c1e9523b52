// Jobs that tell people by mail and webhook at the same time: what they cannot be told changes no
// result of the backup, and nothing leaks.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { JobsWorld } from "../support/jobs_world.ts";
import { MAIL_SERVER_PEERS, MailServer } from "../support/mail_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const SECRETS = /open sesame|b3BlbiBzZXNhbWU|b3Blbi|tk-sesame/;

testWithPeers(
  "a full mail queue and a webhook that hangs leave a backup as it is",
  MAIL_SERVER_PEERS,
  async () => {
    await using world = await JobsWorld.make();
    await using server = await MailServer.start("starttls", "login");
    // A listener that takes connections and never says a word.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await Deno.writeTextFile(`${world.path}/password`, "open sesame\n", { mode: 0o600 });
    await Deno.writeTextFile(`${world.path}/token`, "tk-sesame\n", { mode: 0o600 });
    const write = async (to: string, source: string) =>
      await world.write(`
[alerts.admin]
type = "mail"
to = "${to}@example.org"
smtp = "localhost:${server.port}"
security = "starttls"
fingerprint = "${server.fingerprint}"
user = "joe"
password-file = "${world.path}/password"
time-limit = 120
retries = 0
[alerts.hook]
type = "webhook"
url = "http://127.0.0.1:${silent.addr.port}/"
token-file = "${world.path}/token"
always = true
time-limit = 1
retries = 0
[jobs.night]
alerts = ["admin", "hook"]
sources = ["source.pxar:${world.path}/${source}"]
`);
    const run = async () => await world.run("job", "run", "night", "--warnings-exit", "9");

    // Nothing to tell by mail; the webhook wants to hear of each run.
    await write("full", "source");
    const stands = await run();
    assertEquals(stands.code, 9, stands.stderr);
    assertStringIncludes(stands.stderr, 'alert "hook": ');
    assertEquals([world.snapshots("one").length, world.record("night")?.outcome], [1, "ok"]);

    await write("full", "missing");
    const failed = await run();
    assertEquals(failed.code, 255, failed.stderr);
    assertStringIncludes(failed.stderr, "Insufficient system storage");
    assertEquals(world.record("night")?.outcome, "failed");

    // The queue has room again: the failure is told now, and once.
    await write("root", "missing");
    for (let times = 0; times < 2; times++) assertEquals((await run()).code, 255);
    assertEquals(server.mails().length, 1);
    assertStringIncludes(server.mails()[0]!, "tls=True login=True");
    assertStringIncludes(server.mails()[0]!, "Outcome:  failed");
    await write("root", "source");
    const again = await run();
    assertEquals(again.code, 9, again.stderr);
    assertEquals(server.mails().length, 2);
    assertStringIncludes(server.mails()[1]!, "Outcome:  ok");

    const kept = JSON.stringify(world.record("night"));
    for (const text of [stands.stderr, failed.stderr, again.stderr, kept, ...server.mails()]) {
      assertEquals(SECRETS.test(text), false, text);
    }
  },
);
