import { assertEquals } from "@std/assert";
import { COMMANDS } from "../command_table.ts";
import { findPosition, type Position } from "./find_position.ts";
import { splitUnfinished } from "./split_unfinished.ts";

const TABLE = {
  commands: COMMANDS.filter(({ name }) =>
    ["help", "list", "prune", "restore", "serve", "snapshot list", "backup", "mount"].includes(name)
  ),
  aliases: new Map([["snapshots", "snapshot list"]]),
  absent: ["unheard"],
};

function at(line: string): Promise<Position> {
  return findPosition(TABLE, splitUnfinished(line));
}

/** Short description of the last word. */
async function described(line: string): Promise<string> {
  const position = await at(line);
  switch (position.kind) {
    case "command":
      return `command below '${position.path}'`;
    case "value":
      return `${position.lead}<${position.parameter.name}> of ${position.command.name}`;
    default:
      return position.kind;
  }
}

Deno.test("findPosition() knows a command's name at every level, and through prefixes and old names", async () => {
  assertEquals(await described(""), "command below ''");
  assertEquals(await described("sna"), "command below ''");
  assertEquals(await described("snap "), "command below 'snapshot'");
  assertEquals(await described("snapshots "), "<group> of snapshot list");
  assertEquals(await described("unhea "), "nothing");
  assertEquals(await described("nonsense "), "nothing");
  assertEquals(await described("help snap "), "command below 'snapshot'");
  assertEquals(await described("help snap list x "), "nothing");
  assertEquals(await described("help --v"), "option");
});

Deno.test("findPosition() counts positionals past the options in front of them", async () => {
  assertEquals(await described("restore "), "<snapshot> of restore");
  assertEquals(await described("restore --repository /b "), "<snapshot> of restore");
  assertEquals(await described("restore --overwrite host/a "), "<archive-name> of restore");
  assertEquals(await described("restore --overwrite no host/a "), "<archive-name> of restore");
  assertEquals(await described("restore host/a --repository=/b x.pxar "), "<target> of restore");
  assertEquals(await described("restore host/a x.pxar /t "), "option");
  assertEquals(await described("restore host/a x.pxar /t more"), "nothing");
  assertEquals(await described("backup a.pxar:/ b"), "<backupspec> of backup");
  assertEquals(await described("restore -- --odd "), "<archive-name> of restore");
});

Deno.test("findPosition() knows that a switch of mount leaves only its last positional", async () => {
  assertEquals(await described("mount "), "<snapshot> of mount");
  assertEquals(await described("mount --all no "), "<snapshot> of mount");
  assertEquals(await described("mount --all "), "<target> of mount");
  assertEquals(await described("mount --all --group "), "<group> of mount");
  assertEquals(await described("mount --all /mnt "), "option");
});

Deno.test("findPosition() takes a value after its option's name, or after an equals sign", async () => {
  assertEquals(await described("list --repository "), "<repository> of list");
  assertEquals(await described("list -repository "), "<repository> of list");
  assertEquals(await described("list --ns=a/"), "--ns=<ns> of list");
  assertEquals(await described("list --unknown=a"), "nothing");
  assertEquals(await described("list --output-format --"), "option");
  assertEquals(await described("prune host/a --dry-run "), "option");
  assertEquals(await described("snapshot list --group host/a x"), "nothing");
});

Deno.test("findPosition() offers options that are not used up", async () => {
  const position = await at("restore --pattern x --overwrite --");
  if (position.kind !== "option") throw new Error(position.kind);
  const names = position.options.map(({ name }) => name);
  assertEquals([names.includes("pattern"), names.includes("overwrite")], [true, false]);
});

Deno.test("findPosition() tells what the words before a value give", async () => {
  const position = await at("restore --ns a host/b/c --port 1 ");
  if (position.kind !== "value") throw new Error(position.kind);
  assertEquals(
    [...position.given],
    [["ns", "a"], ["port", "1"], ["snapshot", "host/b/c"]],
  );
});
