import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { PBS_CLIENT } from "../../cli/command_table.ts";
import { PXAR } from "../../cli/pxar_program.ts";
import { OLDEST_RUNTIME } from "../../cli/runtime_range.ts";
import { inStockRuntime } from "../support/compiled_program.ts";
import { inOtherRuntime } from "../support/other_runtime.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { checkWholeProgram, WHOLE_PROGRAM_PEERS } from "../support/whole_program.ts";
import { testWithPeers } from "../support/with_peers.ts";

const COMPILE = fromFileUrl(new URL("../../scripts/compiling/main.ts", import.meta.url));
/** Stands for the compile runtime: any program will do to be compiled into, and this one is small. */
const STAND_IN = "/bin/true";

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `scripts/compile` with a cache of its own, in which no compile runtime is. */
async function compile(
  cache: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  const { env: { DENO_DIR } } = await inOtherRuntime(Deno.execPath(), cache);
  const output = await new Deno.Command("unshare", {
    args: [
      ...["--net", Deno.execPath(), "run", "--quiet", "--allow-all", "--cached-only", COMPILE],
      ...args,
    ],
    env: { DENORT_BIN: "", ...env, DENO_DIR: DENO_DIR! },
    stdin: "null",
  }).output();
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  return { code: output.code, stdout: stdout!, stderr: stderr! };
}

testWithPeers(
  "what is compiled into an executable runs the whole program on the oldest runtime of the range",
  [`deno-${OLDEST_RUNTIME}`, "unshare", "strip", STAND_IN, ...WHOLE_PROGRAM_PEERS],
  async (test) => {
    await using dir = await TempDir.make("/dev/shm");
    const { path } = dir;
    for (const name of ["cache", "contents"]) await Deno.mkdir(`${path}/${name}`);
    const output = `${path}/pbs-client`;
    const made = await compile(`${path}/cache`, [`--output=${output}`, "--untried"], {
      DENORT_BIN: STAND_IN,
    });
    assertEquals(made, { code: 0, stdout: `${output}\n`, stderr: "" });
    const runtime = `deno-${OLDEST_RUNTIME}`;
    const { program, env } = await inStockRuntime(output, runtime, `${path}/contents`);
    const folder = `${path}/contents/program`;
    await test.step("no tests are in it, and its libraries need only the C library", async () => {
      assertEquals(await runPeer("find", [folder, "-name", "*_test.ts", "-path", "*/cli/*"]), "");
      for (const name of ["libpbs_native.so", "libfuse3.so.3"]) {
        const dynamic = await runPeer("readelf", [
          ..."--dynamic --wide".split(" "),
          `${folder}/native/target/release/${name}`,
        ]);
        const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, library]) => library);
        const others = needed.filter((library) =>
          !/^(?:lib(?:c|m|dl|rt|pthread|gcc_s)|ld-linux.*)\.so\.\d$/.test(library!)
        );
        assertEquals(others, [], name);
      }
    });
    await test.step("each command is in it, of pxar as well, which it is by that name", async () => {
      for (const { name, table } of [PBS_CLIENT, PXAR]) {
        const [command = "", ...args] = program;
        const { stdout } = await new Deno.Command("bash", {
          args: ["-c", 'exec -a "$0" "$@"', `/usr/local/bin/${name}`, command, ...args, "help"],
          env,
        }).output();
        // Each of these lines comes from the module of the command.
        const lines = new TextDecoder().decode(stdout).split("\n");
        const missing = table.commands.filter((each) =>
          !lines.some((line) => `${line} `.startsWith(`${each.name} `))
        );
        assertEquals(missing.map((each) => each.name), []);
      }
    });
    await test.step("everything works", () => checkWholeProgram(program, env));
  },
);

testWithPeers(
  "without a compile runtime one line names the ways out, and nothing is left",
  ["unshare", "strip", "fusermount3"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await Deno.mkdir(`${dir.path}/cache`);
    const run = await compile(`${dir.path}/cache`, [`--output=${dir.path}/pbs-client`]);
    assertEquals([run.code, run.stdout], [1, ""]);
    assertEquals(
      run.stderr,
      `compile: the compile runtime of Deno ${Deno.version.deno} (denort) cannot be downloaded: ` +
        "name the file with DENORT_BIN, or use what needs none, deno task pack\n",
    );
    assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["cache"]);
  },
);

testWithPeers(
  "a compile runtime that is none, or does not run the program, is refused",
  ["unshare", "strip", "fusermount3", STAND_IN],
  async () => {
    const refusals = [
      ["/etc/passwd", 'DENORT_BIN: "/etc/passwd" is no program; it should be denort '],
      ["/nowhere", 'DENORT_BIN: cannot read "/nowhere": '],
      [STAND_IN, 'the compile runtime does not run the program: "version" says ""'],
    ] as const;
    for (const [runtime, message] of refusals) {
      await using dir = await TempDir.make("/dev/shm");
      await Deno.mkdir(`${dir.path}/cache`);
      const { code, stderr } = await compile(
        `${dir.path}/cache`,
        [`--output=${dir.path}/pbs-client`],
        { DENORT_BIN: runtime },
      );
      assertEquals([code, stderr.slice(0, message.length + 9)], [1, `compile: ${message}`]);
      assertEquals(stderr.trimEnd().includes("\n"), false, stderr);
      assertEquals([...Deno.readDirSync(dir.path)].map(({ name }) => name), ["cache"]);
    }
  },
);
