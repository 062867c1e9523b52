import { assertEquals } from "@std/assert";
import { fakeTasks, MemoryStream } from "../../tests/support/cli_in_process.ts";
import type { CommandContext } from "../command_context.ts";
import { Output } from "../output/output.ts";
import { PBS_CLIENT } from "../command_table.ts";
import { RepositoryUse } from "../repository/repository_use.ts";
import { systemRepositories } from "../repository/system_repositories.ts";
import { followServerTask, showServerTask } from "./follow_server_task.ts";

function contextOf(stdout: MemoryStream, stderr: MemoryStream): CommandContext {
  const environment = { get: () => undefined };
  return {
    program: PBS_CLIENT,
    table: { commands: [], aliases: new Map(), absent: [] },
    environment,
    output: new Output(environment, stdout, stderr),
    repositories: systemRepositories,
    use: new RepositoryUse(environment),
  };
}

Deno.test("warnings are no failure of a task", async () => {
  const [stdout, stderr] = [new MemoryStream(), new MemoryStream()];
  const tasks = fakeTasks({ follow: () => Promise.resolve("WARNINGS: 2") });
  await followServerTask(contextOf(stdout, stderr), "text", tasks, "UPID:x");
  await showServerTask(contextOf(stdout, stderr), tasks, "UPID:x");
  assertEquals([stdout.text, stderr.text], ["", ""]);
});
