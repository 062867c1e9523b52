import { assertEquals } from "@std/assert";
import { runtimeProblem } from "../../cli/runtime_range.ts";
import { inOtherRuntime } from "../support/other_runtime.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** The newest version that is too old. */
const TOO_OLD = "2.8.0";

testWithPeers(
  "the runtime before it is refused in one line, before anything else",
  [`deno-${TOO_OLD}`],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const { program, env } = await inOtherRuntime(`deno-${TOO_OLD}`, dir.path);
    const [command = "", ...args] = program;
    for (const words of [["version"], ["backup", "--nonsense"], []]) {
      const run = await new Deno.Command(command, { args: [...args, ...words], env }).output();
      const [stdout, stderr] = [run.stdout, run.stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assertEquals([run.code, stdout, stderr], [255, "", `Error: ${runtimeProblem(TOO_OLD)}\n`]);
    }
  },
);
