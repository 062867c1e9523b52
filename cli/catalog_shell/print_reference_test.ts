import { assertEquals, assertMatch } from "@std/assert";
import { runInProcess } from "../../tests/support/cli_in_process.ts";
import { SHELL_COMMANDS } from "./shell_commands.ts";

Deno.test("dump-catalog-shell-cli prints every command of the shell as a section", async () => {
  const { code, stdout, stderr } = await runInProcess(["dump-catalog-shell-cli"], {});
  assertEquals([code, stderr], [0, ""]);
  const sections = [...stdout.matchAll(/^(\S+)\n-+\n\n``\1\b/gm)].map(([, name]) => name);
  const names = SHELL_COMMANDS.map(({ name }) => name);
  assertEquals(sections, [...names, "help"].sort());
  assertMatch(stdout, /^``--select`` : ``<boolean>`` : ``default: false``$/m);
});
