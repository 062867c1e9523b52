import { assertEquals } from "@std/assert";
import { TempDir } from "./support/temp_dir.ts";

const script = new URL("../scripts/pbs-client", import.meta.url).pathname;

Deno.test("the start script finds the program's modules whatever the home and the caches are", async () => {
  await using elsewhere = await TempDir.make();
  const { path } = elsewhere;
  for (const name of ["HOME", "XDG_CACHE_HOME", "DENO_DIR"]) {
    const output = await new Deno.Command(script, {
      args: ["key", "create", `${path}/${name}.json`, "--kdf", "none"],
      stdin: "null",
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "", HOME: Deno.env.get("HOME") ?? "", [name]: path },
    }).output();
    assertEquals(new TextDecoder().decode(output.stderr), "", name);
    assertEquals(output.code, 0, name);
  }
});
