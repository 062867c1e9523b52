import { assertEquals, assertThrows } from "@std/assert";
import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandName } from "../command.ts";
import { findCommand } from "./find_command.ts";
import { GroupError } from "./group_error.ts";

function command(name: string): CommandName {
  return { name };
}

const table = {
  commands: ["list", "status", "snapshot list", "snapshot files"].map(command),
  aliases: new Map([["files", "snapshot files"]]),
  absent: ["login", "snapshot forget", "key show"],
};

function find(...words: string[]): [string, string[]] {
  const { command, rest } = findCommand(table, words.map((text) => ({ text })));
  return [command.name, rest.map(({ text }) => text)];
}

Deno.test("findCommand() takes names, unique prefixes and aliases", () => {
  assertEquals(find("list", "a"), ["list", ["a"]]);
  assertEquals(find("st"), ["status", []]);
  assertEquals(find("sn", "l", "--x"), ["snapshot list", ["--x"]]);
  assertEquals(find("files", "s"), ["snapshot files", ["s"]]);
});

Deno.test("findCommand() counts absent commands when it looks for a prefix", () => {
  assertThrows(() => find("l"), GroupError, "no such command 'l'");
  assertThrows(() => find("snapshot", "f"), GroupError, "no such command 'f'");
  assertThrows(() => find("login"), NotFoundError, "'login' is not available");
  assertThrows(() => find("key", "show"), NotFoundError, "'key' is not available");
});

Deno.test("findCommand() refuses missing, unknown, empty and misplaced words", () => {
  const missing = assertThrows(() => find("snapshot"), GroupError);
  assertEquals(missing.group, "snapshot");
  assertEquals(missing.message, "no command specified.\nPossible commands: files, list");
  for (const word of ["", "LIST", "--ns", "file "]) {
    assertThrows(() => find(word), GroupError, `no such command '${word}'`);
  }
});

Deno.test("findCommand() takes a command that has others below it unless a word chooses one", () => {
  const nested = {
    commands: ["serve", "serve user list", "serve user remove"].map(command),
    aliases: new Map<string, string>(),
    absent: [],
  };
  const findNested = (...words: string[]) => {
    const { command, rest } = findCommand(nested, words.map((text) => ({ text })));
    return [command.name, rest.map(({ text }) => text)];
  };
  assertEquals(findNested("serve"), ["serve", []]);
  assertEquals(findNested("serve", "--listen", "user"), ["serve", ["--listen", "user"]]);
  assertEquals(findNested("serve", "user", "l", "x"), ["serve user list", ["x"]]);
  assertThrows(() => findNested("serve", "what"), GroupError, "no such command 'what'");
  assertThrows(() => findNested("serve", "user"), GroupError, "Possible commands: list, remove");
});

Deno.test("findCommand() takes a command of ours for the group it abbreviates where that leads on", () => {
  const commands = [{ name: "cat", isOurs: true }, command("list")];
  const found = (...words: string[]) =>
    findCommand(
      {
        commands: [...commands, command("catalog dump")],
        aliases: new Map(),
        absent: ["catalog shell"],
      },
      words.map((text) => ({ text })),
    ).command.name;
  assertEquals(found("cat", "dump", "host/a"), "catalog dump");
  assertEquals(found("cat", "d"), "catalog dump");
  assertEquals(found("cat", "host/a", "root.pxar", "/dump"), "cat");
  assertEquals(found("cat"), "cat");
  assertThrows(() => found("cat", "s"), NotFoundError, "'catalog shell' is not available");
});
