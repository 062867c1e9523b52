import { assertEquals } from "@std/assert";
import { COMMANDS } from "../command_table.ts";
import { findPosition, type Position } from "./find_position.ts";
import { splitUnfinished } from "./split_unfinished.ts";

const TABLE = {
  commands: COMMANDS.filter(({ name }) =>
    ["help", "list", "prune", "restore", "serve", "snapshot list", "backup"].includes(name)
  ),
  aliases: new Map([["snapshots", "snapshot list"]]),
  absent: ["mount"],
};

function at(line: string): Position {
  return findPosition(TABLE, splitUnfinished(line));
}

/** What the last word is, in short. */
function described(line: string): string {
  const position = at(line);
  switch (position.kind) {
    case "command":
      return `command below '${position.path}'`;
    case "value":
      return `${position.lead}<${position.parameter.name}> of ${position.command.name}`;
    default:
      return position.kind;
  }
}

Deno.test("findPosition() knows a command's name at every level, and through prefixes and old names", () => {
  assertEquals(described(""), "command below ''");
  assertEquals(described("sna"), "command below ''");
  assertEquals(described("snap "), "command below 'snapshot'");
  assertEquals(described("snapshots "), "<group> of snapshot list");
  assertEquals(described("moun "), "nothing");
  assertEquals(described("nonsense "), "nothing");
  assertEquals(described("help snap "), "command below 'snapshot'");
  assertEquals(described("help snap list x "), "nothing");
  assertEquals(described("help --v"), "option");
});

Deno.test("findPosition() counts positionals past the options in front of them", () => {
  assertEquals(described("restore "), "<snapshot> of restore");
  assertEquals(described("restore --repository /b "), "<snapshot> of restore");
  assertEquals(described("restore --overwrite host/a "), "<archive-name> of restore");
  assertEquals(described("restore --overwrite no host/a "), "<archive-name> of restore");
  assertEquals(described("restore host/a --repository=/b x.pxar "), "<target> of restore");
  assertEquals(described("restore host/a x.pxar /t "), "option");
  assertEquals(described("restore host/a x.pxar /t more"), "nothing");
  assertEquals(described("backup a.pxar:/ b"), "<backupspec> of backup");
  assertEquals(described("restore -- --odd "), "<archive-name> of restore");
});

Deno.test("findPosition() takes a value behind its option's name, or behind an equals sign", () => {
  assertEquals(described("list --repository "), "<repository> of list");
  assertEquals(described("list -repository "), "<repository> of list");
  assertEquals(described("list --ns=a/"), "--ns=<ns> of list");
  assertEquals(described("list --unknown=a"), "nothing");
  assertEquals(described("list --output-format --"), "option");
  assertEquals(described("prune host/a --dry-run "), "option");
  assertEquals(described("snapshot list --group host/a x"), "nothing");
});

Deno.test("findPosition() offers options that are not used up", () => {
  const position = at("restore --pattern x --overwrite --");
  if (position.kind !== "option") throw new Error(position.kind);
  const names = position.options.map(({ name }) => name);
  assertEquals([names.includes("pattern"), names.includes("overwrite")], [true, false]);
});

Deno.test("findPosition() tells what the words before a value give", () => {
  const position = at("restore --ns a host/b/c --port 1 ");
  if (position.kind !== "value") throw new Error(position.kind);
  assertEquals(
    [...position.given],
    [["ns", "a"], ["port", "1"], ["snapshot", "host/b/c"]],
  );
});
