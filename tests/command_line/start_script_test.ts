import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const script = fromFileUrl(new URL("../../scripts/pbs-client", import.meta.url));

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

const root = fromFileUrl(new URL("../../", import.meta.url));

/** Runs a shell script; `$0` in it is the start script. */
async function inShell(
  text: string,
  env: Record<string, string> = {},
  program = script,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = await new Deno.Command("bash", {
    args: ["-c", text, program],
    stdin: "null",
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "", ...env },
  }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((b) => new TextDecoder().decode(b));
  return { code: output.code, stdout: stdout!, stderr: stderr! };
}

Deno.test("a clone in a folder with a blank and an umlaut works, native core included", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const clone = `${dir.path}/mit Lücke 100%41 #1`;
  await Deno.mkdir(clone);
  for (const name of ["cli", "lib", "ffi", "page", "scripts"]) {
    await runPeer("cp", ["-a", `${root}${name}`, clone]);
  }
  for (const name of ["native", ".setup", "deno.json", "deno.lock", "mod.ts"]) {
    await Deno.symlink(`${root}${name}`, `${clone}/${name}`);
  }
  await Deno.mkdir(`${dir.path}/source`);
  await Deno.writeTextFile(`${dir.path}/source/f`, "content");
  const run = await inShell(
    `cd '${dir.path}' && "$0" datastore init store && "$0" backup t.pxar:source --repository ./store &&
     "$0" restore "host/$(uname -n)" t.pxar out --repository ./store`,
    { HOME: dir.path },
    `${clone}/scripts/pbs-client`,
  );
  assertEquals(run.code, 0, run.stderr);
  assertEquals(await Deno.readTextFile(`${dir.path}/out/f`), "content");
});

Deno.test("a deleted working directory does not matter with absolute paths", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.mkdir(`${dir.path}/source`);
  const gone = `mkdir '${dir.path}/gone' && cd '${dir.path}/gone' && rmdir '${dir.path}/gone' &&`;
  const env = { HOME: dir.path };
  const at = `--repository '${dir.path}/store'`;
  const made = await inShell(`${gone} "$0" datastore init '${dir.path}/store'`, env);
  assertEquals(made.code, 0, made.stderr);
  const run = await inShell(`${gone} "$0" backup t.pxar:'${dir.path}/source' ${at}`, env);
  assertEquals(run.code, 0, run.stderr);
  // Relative paths must not lead elsewhere: there is a folder of that name in the root.
  const lost = await inShell(`${gone} "$0" backup t.pxar:etc ${at}`, env);
  assert(lost.code !== 0);
  assertMatch(lost.stderr, /No such file or directory/);
});

Deno.test("a home that is missing or no folder does not matter", async () => {
  await using dir = await TempDir.make();
  for (const env of [{}, { HOME: "/dev/null" }, { HOME: "/nonexistent" }, { HOME: "" }]) {
    const run = await inShell(`cd '${dir.path}' && "$0" version`, env);
    assertEquals([run.code, run.stderr], [0, ""], JSON.stringify(env));
  }
});

Deno.test("a limit of addresses under which the runtime cannot start is named in one line", async () => {
  const run = await inShell(`ulimit -v 4000000 && "$0" version`, { HOME: "/" });
  assertEquals([run.code, run.stdout], [1, ""]);
  assertMatch(run.stderr, /^pbs-client: 'ulimit -v 4000000' is too little [^\n]*\n$/);
  const lifted = await inShell(`ulimit -S -v 4000000 && "$0" version`, { HOME: "/" });
  assertEquals(lifted.code, 0, lifted.stderr);
});
