import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors/mod.ts";
import { parseAlertConfig } from "./parse_alert_config.ts";

Deno.test("parseAlertConfig() puts the default behind all rules", () => {
  const { targets, rules, tasks, everySeconds } = parseAlertConfig(
    `[alerts.admin]
type = "mail"
to = "root@localhost"
[watch]
max-age = "26h"
every = "1h"
tasks = ["gc"]
[[watch.groups]]
datastore = "a"
ns = ""
group = "host"
max-age = 3600
[[watch.groups]]
group = "vm/100"
ignore = true
`,
    "x",
  );
  assertEquals(targets.map(({ name }) => name), ["admin"]);
  assertEquals(rules, [
    { datastore: "a", namespace: "", group: "host", maxAgeSeconds: 3600 },
    { datastore: undefined, namespace: undefined, group: "vm/100", maxAgeSeconds: undefined },
    { maxAgeSeconds: 26 * 3600 },
  ]);
  assertEquals([[...tasks], everySeconds], [["gc"], 3600]);
  const none = parseAlertConfig("", "x");
  assertEquals([none.targets, none.rules, none.tasks.size], [[], [], 4]);
});

Deno.test("parseAlertConfig() names line and key of a mistake", () => {
  const cases: [string, string][] = [
    ["[alert.a]", "x, line 1: alert: unknown key"],
    ['[watch]\nmax_age = "1d"', "x, line 2: watch.max_age: unknown key"],
    ['[watch]\nmax-age = "1x"', "x, line 2: watch.max-age: must be a span of time"],
    ['[watch]\ntasks = ["backup"]', 'x, line 2: watch.tasks: "backup" is none of: gc, prune'],
    ["[watch]\n[[watch.groups]]\n", "x, line 2: watch.groups.1.max-age: is missing"],
    ['[[watch.groups]]\nmax-age = 90\ngroup = "web"', "x, line 3: watch.groups.1.group: must be"],
    ['[[watch.groups]]\nmax-age = 90\nns = "a//b"', "x, line 3: watch.groups.1.ns: unable to"],
    [
      "[[watch.groups]]\nmax-age = 90\n[[watch.groups]]\nignore = true\nmax-age = 90",
      "x, line 4: watch.groups.2.ignore: is no use",
    ],
    ['[alerts.a]\ntype = "mail"\nto = "a@b"\npassword = "p"', "x, line 4: alerts.a.password: "],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parseAlertConfig(text, "x"), UsageError, message, text);
  }
});
