import { assertEquals, assertThrows } from "@std/assert";
import { TableError } from "../tables/mod.ts";
import { alertTargetsOf } from "./alert_target_of.ts";

Deno.test("alertTargetsOf() fills in what goes without saying", () => {
  const targets = alertTargetsOf({
    mail: { type: "mail", to: "a@b" },
    smtp: {
      type: "mail",
      to: ["a@b", "c@d.example"],
      smtp: "mail.example:465",
      user: "u",
      "password-file": "/p",
    },
    ping: { type: "webhook", template: "healthchecks", url: "https://ping.example/uuid" },
    hook: {
      type: "webhook",
      "url-credential": "hook",
      headers: { "X-A": "b", Authorization: { "value-command": ["pass", "hook"] } },
    },
    node: { type: "textfile", file: "/var/lib/node/pbs.prom" },
  });
  const mail = targets.get("mail");
  assertEquals(mail?.type === "mail" && mail.via, { program: "/usr/sbin/sendmail" });
  assertEquals([mail?.from, mail?.always, mail?.limitSeconds, mail?.retries], [
    "warnings",
    false,
    15,
    2,
  ]);
  const smtp = targets.get("smtp");
  assertEquals(smtp?.type === "mail" && smtp.via, {
    host: "mail.example",
    port: 465,
    security: "tls",
    authoritiesFile: undefined,
    login: { user: "u", password: { kind: "file", path: "/p" } },
  });
  assertEquals(targets.get("ping")?.always, true);
  const hook = targets.get("hook");
  assertEquals(hook?.type === "webhook" && [...hook.headers], [
    ["x-a", "b"],
    ["authorization", { kind: "command", words: ["pass", "hook"] }],
  ]);
  assertEquals(targets.get("node")?.always, true);
  assertEquals(alertTargetsOf(undefined).size, 0);
});

Deno.test("alertTargetsOf() names the key that is wrong and shows no secret", () => {
  const mail = { type: "mail", to: "a@b" };
  const hook = { type: "webhook", url: "https://h.example/" };
  const cases: [unknown, string][] = [
    [1, "alerts.x: must be a table"],
    [{}, "alerts.x.type: is missing"],
    [{ type: "pager" }, "alerts.x.type: must be one of: mail, webhook, textfile"],
    [{ ...mail, too: "c@d" }, "alerts.x.too: unknown key"],
    [{ type: "mail" }, "alerts.x.to: is missing"],
    [{ ...mail, to: [] }, "alerts.x.to: must be one address"],
    [{ ...mail, to: "-oQ/tmp@b" }, 'alerts.x.to: "-oQ/tmp@b" is not an address'],
    [{ ...mail, to: "a@b\nBcc: c@d" }, "is not an address"],
    [{ ...mail, sender: "a b@c" }, "alerts.x.sender: "],
    [{ ...mail, sendmail: "sendmail" }, "alerts.x.sendmail: must be the absolute path"],
    [{ ...mail, smtp: "h", sendmail: "/s" }, "alerts.x.sendmail: only one"],
    [{ ...mail, smtp: "h:0" }, "alerts.x.smtp: has no port"],
    [{ ...mail, smtp: "h", user: "u" }, "alerts.x.user: needs a password"],
    [{ ...mail, smtp: "h", password: "hunter2" }, "alerts.x.password: a secret must not be"],
    [
      { ...mail, smtp: "h", security: "none", user: "u", "password-file": "/p" },
      "alerts.x.security: a password is not sent without TLS",
    ],
    [{ ...mail, smtp: "h", fingerprint: "aa" }, "alerts.x.fingerprint: must be the 64 hex"],
    [{ type: "webhook" }, "alerts.x.url: is missing"],
    [{ ...hook, url: "ftp://h" }, "alerts.x.url: must be an address"],
    [{ ...hook, url: "https://u:hunter2@h/" }, "alerts.x.url: a secret must not be"],
    [{ ...hook, url: "https://h/?token=hunter2" }, "alerts.x.url: a secret must not be"],
    [{ ...hook, token: "hunter2" }, "alerts.x.token: a secret must not be"],
    [
      { ...hook, headers: { Authorization: "hunter2" } },
      "alerts.x.headers.Authorization: a secret must not be",
    ],
    [{ ...hook, headers: { "X-A": "b\r\nc" } }, "alerts.x.headers.X-A: must be one line"],
    [{ ...hook, headers: { Host: "b" } }, "alerts.x.headers.Host: is not a header"],
    [{ ...hook, template: "text" }, "alerts.x.body: is missing"],
    [{ ...hook, template: "text", body: "{nam}" }, "alerts.x.body: has no field {nam}"],
    [{ ...hook, "time-limit": "1h" }, "alerts.x.time-limit: must be from 1 to 300 seconds"],
    [{ type: "textfile", file: "/a" }, "alerts.x.file: must be an absolute path that ends with"],
  ];
  for (const [value, message] of cases) {
    const error = assertThrows(() => alertTargetsOf({ x: value }), TableError, message);
    assertEquals(error.message.includes("hunter2"), false, error.message);
  }
  assertThrows(() => alertTargetsOf({ "a b": mail }), TableError, 'alerts."a b": a name of an');
});
