// Mail to a server of another make: with and without TLS and login, and when it refuses.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type AlertReport, Alerts, alertTargetsOf } from "../../lib/alerts/mod.ts";
import { MAIL_SERVER_PEERS, MailServer } from "../support/mail_server.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { testWithPeers } from "../support/with_peers.ts";

const EVENT = {
  what: "job",
  name: "nächtlich",
  outcome: "failed",
  summary: "die Platte ist voll",
  details: "first line\n.\n.hidden\nFrom here\n",
  startedAt: 1_700_000_000,
  endedAt: 1_700_000_060,
} as const;

async function tell(
  server: MailServer,
  settings: Record<string, unknown>,
): Promise<AlertReport> {
  const target = {
    type: "mail",
    to: "root@example.org",
    retries: 0,
    "time-limit": 120,
    ...settings,
  };
  const alerts = new Alerts({
    targets: alertTargetsOf({ admin: target }).values(),
    stateFile: `${server.dir.path}/${crypto.randomUUID()}.json`,
    environment: { get: () => undefined },
    host: "here",
  });
  return await alerts.tell(EVENT);
}

testWithPeers(
  "mail arrives with its envelope, headers and all lines",
  MAIL_SERVER_PEERS,
  async () => {
    await using server = await MailServer.start("plain");
    const report = await tell(server, {
      smtp: `127.0.0.1:${server.port}`,
      to: ["root@example.org", "joe@example.org"],
      sender: "backup@example.org",
    });
    assertEquals([report.told, report.problems], [["admin"], []]);
    const [mail = ""] = server.mails();
    assertMatch(mail, /^tls=False login=None\nfrom=backup@example.org to=root@example.org,joe@/);
    for (
      const header of [
        'From: "pbs-client" <backup@example.org>',
        "To: root@example.org, joe@example.org",
        "Auto-Submitted: auto-generated",
        "Message-ID: <",
        "Date: ",
      ]
    ) assertStringIncludes(mail, header);
    const run = new Deno.Command("/usr/bin/python3", {
      args: [
        "-c",
        "import sys, email, email.policy; mail = email.message_from_file(sys.stdin, " +
        "policy=email.policy.default); print(mail['subject']); print(mail.get_content())",
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = run.stdin.getWriter();
    await writer.write(new TextEncoder().encode(mail.slice(mail.indexOf("\n\n") + 2)));
    await writer.close();
    const read = new TextDecoder().decode((await run.output()).stdout).replaceAll("\r", "");
    assertStringIncludes(read, "[pbs-client] failed: job nächtlich: die Platte ist voll\n");
    assertStringIncludes(read, "\nfirst line\n.\n.hidden\nFrom here\n");
    assertStringIncludes(read, "Ended:    2023-11-14T22:14:20Z (60 s)\n");
  },
);

testWithPeers(
  "mail goes by TLS where the certificate is the expected one",
  MAIL_SERVER_PEERS,
  async () => {
    for (const security of ["tls", "starttls"] as const) {
      await using server = await MailServer.start(security, "login");
      const { path } = server.dir;
      await Deno.writeTextFile(`${path}/secret`, "open sesame\n");
      const common = {
        smtp: `localhost:${server.port}`,
        security,
        user: "joe",
        "password-file": `${path}/secret`,
      };
      const pinned = await tell(server, { ...common, fingerprint: server.fingerprint });
      assertEquals(pinned.problems, []);
      const signed = await tell(server, { ...common, "ca-file": `${path}/certificate.pem` });
      assertEquals(signed.problems, []);
      assertEquals(server.mails().length, 2);
      for (const mail of server.mails()) assertMatch(mail, /^tls=True login=True\n/);

      const unknown = await tell(server, common);
      assertMatch(
        unknown.problems.join(),
        /^alert "admin": mail server localhost:\d+: .*certificate/i,
      );
      const other = await tell(server, { ...common, fingerprint: "ab".repeat(32) });
      assertStringIncludes(other.problems.join(), "not the expected ab:ab");
      await Deno.writeTextFile(`${path}/secret`, "close sesame\n");
      const refused = await tell(server, { ...common, fingerprint: server.fingerprint });
      assertEquals(refused.told, []);
      assertStringIncludes(refused.problems.join(), "535");
      assertEquals(refused.problems.join().includes("sesame"), false, refused.problems.join());
      assertEquals(server.mails().length, 2);
    }
  },
);

testWithPeers("mail is not sent in clear where TLS is asked for", MAIL_SERVER_PEERS, async () => {
  await using server = await MailServer.start("plain");
  const report = await tell(server, { smtp: `127.0.0.1:${server.port}`, security: "starttls" });
  assertEquals(report.told, []);
  assertMatch(report.problems.join(), /STARTTLS/i);
  assertEquals(server.mails(), []);
});

testWithPeers(
  "mail that is refused is a problem, and one that some get is told",
  MAIL_SERVER_PEERS,
  async () => {
    await using server = await MailServer.start("plain");
    const smtp = `127.0.0.1:${server.port}`;
    const full = await tell(server, { smtp, to: "full@example.org" });
    assertEquals(full.told, []);
    assertStringIncludes(full.problems.join(), "452");
    const gone = await tell(server, { smtp, to: "gone@example.org", retries: 10 });
    assertEquals(gone.told, []);
    assertStringIncludes(gone.problems.join(), "550");
    const some = await tell(server, { smtp, to: ["gone@example.org", "joe@example.org"] });
    assertEquals(some.told, ["admin"]);
    assertStringIncludes(some.problems.join(), "refuses mail for gone@example.org");
    const hanging = await tell(server, { smtp, to: "hang@example.org", "time-limit": 1 });
    assertEquals(hanging.told, []);
    assertEquals(hanging.problems, ['alert "admin": not delivered in 1 s']);
    assertEquals(server.mails().length, 1);
  },
);

testWithPeers("mail to a server that is not there is a problem", MAIL_SERVER_PEERS, async () => {
  await using server = await MailServer.start("plain");
  const listener = Deno.listen({ hostname: ownLoopback(), port: 0 });
  const { hostname, port } = listener.addr;
  listener.close();
  const report = await tell(server, { smtp: `${hostname}:${port}`, retries: 1 });
  assertEquals(report.told, []);
  assertMatch(report.problems.join(), /mail server 127\.[\d.]+:\d+: .*refused/i);
});
