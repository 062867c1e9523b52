import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { COMMANDS } from "../../cli/command_table.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { clientCommand, runClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

const MAIN = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));

/** Runs a script with the program's command line in `"$@"`. */
async function shell(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const output = await new Deno.Command("bash", {
    args: ["-c", script, "bash", ...clientCommand(args)],
    stdin: "null",
    env: { LANG: "C.UTF-8", TZ: "UTC", DENO_NO_UPDATE_CHECK: "1", ...env },
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** A folder with an empty datastore in `store`. */
class StoreFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<StoreFolder> {
    const folder = new StoreFolder(await Deno.makeTempDir());
    Datastore.create(folder.store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    return folder;
  }

  get store(): string {
    return `${this.path}/store`;
  }

  async snapshotCount(): Promise<number> {
    await using repository = new LocalRepository(Datastore.open(this.store));
    return (await repository.listSnapshots("")).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("a reader that goes away ends the program quietly", async () => {
  await using folder = await StoreFolder.create();
  // A pipe that was open for reading, and is not any more.
  const run = await shell(
    `cd '${folder.path}'; mkfifo pipe; exec 3<>pipe 4>pipe 3>&-; "$@" >&4; echo "code $?" >&2`,
    ["help", "--verbose"],
  );
  assertEquals(run.stderr, "code 141\n");
});

Deno.test("head gets its byte and nothing is said about the rest", async () => {
  const run = await shell('"$@" | head -c1', ["help", "--verbose"]);
  assertEquals([run.stdout, run.stderr], ["U", ""]);
});

Deno.test("a full disk under the standard output is a failure with a reason", async () => {
  const run = await shell('"$@" > /dev/full', ["help"]);
  assertEquals(run.code, 255);
  assertEquals(run.stderr, "Error: No space left on device (os error 28)\n");
});

Deno.test("the standard input is left to others", async () => {
  const run = await shell(
    'printf "1\\n2\\n" | while read line; do "$@" >/dev/null; echo "$line"; done',
    ["version"],
  );
  assertEquals(run.stdout, "1\n2\n");
});

Deno.test("sources and targets need not have names in UTF-8", async () => {
  await using folder = await StoreFolder.create();
  const run = await shell(
    `cd '${folder.path}' && n=$'name\\xff' && printf content > "$n" &&
    "$@" backup "a.conf:$n" --backup-id h --repository ./store &&
    "$@" restore host/h a.conf $'copy\\xfe' --repository ./store &&
    cmp "$n" $'copy\\xfe' && echo same`,
  );
  assertEquals([run.code, run.stdout], [0, "same\n"], run.stderr);
});

Deno.test("words that are no paths have to be UTF-8", async () => {
  const run = await shell("\"$@\" list --ns $'a\\xff'");
  assertEquals(run.code, 255);
  assertStringIncludes(run.stderr, "'ns': value is not valid UTF-8");
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} ends a backup by the signal and leaves no snapshot`, async () => {
    await using folder = await StoreFolder.create();
    const fifo = `${folder.path}/fifo`;
    await new Deno.Command("mkfifo", { args: [fifo] }).output();
    const [command, ...args] = clientCommand([
      "backup",
      `a.img:${fifo}`,
      "--backup-id=h",
      `--repository=${folder.store}`,
    ]);
    const child = new Deno.Command(command!, { args, stdout: "null", stderr: "piped" }).spawn();
    // Open for both: neither this nor the client's reading ends by itself.
    using pipe = await Deno.open(fifo, { read: true, write: true });
    await pipe.write(new Uint8Array(100));
    let stderr = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr += text;
      if (text.includes("Upload image")) child.kill(signal);
    }
    const status = await child.status;
    assertEquals(status.signal, signal, stderr);
    assertEquals(await folder.snapshotCount(), 0);
  });
}

Deno.test("failures show causes, and stacks only where they are asked for", async () => {
  const args = ["list", "--repository", "/nonexistent/store"];
  const plain = await runClient(args);
  assertEquals(plain.code, 255);
  assertMatch(plain.stderr, /^Error: /);
  assertEquals(/^ +at /m.test(plain.stderr), false);
  for (const [more, env] of [[["--debug"], {}], [[], { PBS_LOG: "debug" }]] as const) {
    const run = await runClient([...args, ...more], { env });
    assertMatch(run.stderr, /^ +at .*\.ts/m);
  }
});

Deno.test("dates are local, those of snapshots are not", async () => {
  await using folder = await StoreFolder.create();
  await Deno.writeTextFile(`${folder.path}/f`, "x");
  const target = ["--repository", folder.store];
  const time = "--backup-time=1700000000";
  const made = await runClient([
    "backup",
    `a.conf:${folder.path}/f`,
    "--backup-id=h",
    time,
    ...target,
  ]);
  assertEquals(made.code, 0, made.stderr);
  const run = await runClient(["prune", "host/h", "--dry-run", ...target], {
    env: { TZ: "Europe/Vienna", PROXMOX_OUTPUT_NO_BORDER: "1" },
  });
  assertEquals(run.stdout, "host/h/2023-11-14T22:13:20Z Tue Nov 14 23:13:20 2023 keep\n");
});

Deno.test("backup --output-format json reports the run, the messages go elsewhere", async () => {
  await using folder = await StoreFolder.create();
  await Deno.mkdir(`${folder.path}/tree`);
  await Deno.writeTextFile(`${folder.path}/tree/f`, "x");
  const run = await runClient([
    "backup",
    `a.pxar:${folder.path}/tree`,
    "--backup-id=h",
    "--backup-time=1700000000",
    "--output-format=json",
    "--repository",
    folder.store,
  ]);
  const report = JSON.parse(run.stdout);
  assertEquals([report["backup-id"], report["backup-time"], report.files], ["h", 1700000000, 1]);
  const archive = report.archives.find((each: { filename: string }) =>
    each.filename === "a.pxar.didx"
  );
  assertEquals(archive.size, archive.new);
  assertStringIncludes(run.stderr, "End Time: ");
});

Deno.test("the program starts without the rooms that commands need", async () => {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", fromFileUrl(new URL("../../cli/start.ts", import.meta.url))],
  }).output();
  interface Module {
    specifier: string;
    dependencies?: { code?: { specifier: string }; isDynamic?: boolean }[];
  }
  const { roots, modules } = JSON.parse(new TextDecoder().decode(output.stdout)) as {
    roots: string[];
    modules: Module[];
  };
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const visit = (specifier: string): void => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { code, isDynamic } of bySpecifier.get(specifier)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) visit(code.specifier);
    }
  };
  roots.forEach(visit);
  assertEquals(loaded.size > 30, true, "the graph was read");
  const heavy =
    /\/lib\/(backup|restore|datastore|chunking|server|http|pxar|catalog)\/|\/cli\/commands\/|^npm:/;
  assertEquals([...loaded].filter((specifier) => heavy.test(specifier)), []);
});

/** Half of what it loaded when every command's description was loaded at the start. */
const MOST_MODULES_OF_VERSION = 60;

/** Addresses of the modules that a command line evaluates. */
async function evaluated(...words: string[]): Promise<string[]> {
  await using folder = await TempDir.make();
  // The runtime writes a file for each module that it has evaluated.
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--cached-only", `--coverage=${folder.path}`, MAIN, ...words],
    stdout: "null",
    env: { PBS_REPOSITORY: "" },
  }).output();
  assertEquals(success, true);
  return await Promise.all(
    (await Array.fromAsync(Deno.readDir(folder.path))).map(async ({ name }): Promise<string> =>
      JSON.parse(await Deno.readTextFile(`${folder.path}/${name}`)).url
    ),
  );
}

Deno.test('"help" describes all commands without the rooms that do their work', async () => {
  const loaded = await evaluated("help");
  assertEquals(loaded.some((url) => url.endsWith("/cli/commands/serve.ts")), true);
  const heavy =
    /\/lib\/(?:backup|restore|datastore|chunking|server|pxar|fs|http2?|compare|reading)\//;
  assertEquals(loaded.filter((url) => heavy.test(url)).toSorted(), []);
});

Deno.test(`"version" loads at most ${MOST_MODULES_OF_VERSION} modules`, async () => {
  const loaded = await evaluated("version");
  const isCommand = (url: string) => url.includes("/cli/commands/");
  assertEquals(loaded.filter(isCommand).map((url) => url.split("/").at(-1)), ["version.ts"]);
  assertEquals(loaded.length <= MOST_MODULES_OF_VERSION, true, loaded.toSorted().join("\n"));
});

Deno.test("the file of a command is called by the command's words", async () => {
  const files = await Array.fromAsync(
    Deno.readDir(new URL("../../cli/commands/", import.meta.url)),
    ({ name }) => name,
  );
  const expected = COMMANDS.map(({ name }) => `${name.replaceAll(/[ -]/g, "_")}.ts`);
  assertEquals(files.toSorted(), expected.toSorted());
  for (const entry of COMMANDS) {
    const { name, description, run } = await entry.load();
    assertEquals([name, typeof run, description !== ""], [entry.name, "function", true]);
  }
});

for (const ignored of ["HUP INT TERM", "HUP", "INT"]) {
  Deno.test(`signals that were ignored at the start do not end a run: ${ignored}`, async () => {
    await using folder = await StoreFolder.create();
    // The pipe is open for writing once the program reads it, in the middle of the backup.
    const run = await shell(
      `set -e; cd '${folder.path}'; mkfifo pipe; trap '' ${ignored}
      "$@" backup i.img:pipe --backup-id h --repository ./store & client=$!
      exec 3>pipe; printf abc >&3
      for name in ${ignored}; do kill -$name $client; done
      printf def >&3; exec 3>&-; wait $client`,
    );
    assertEquals(run.code, 0, run.stderr);
    assertEquals(await folder.snapshotCount(), 1);
  });
}

Deno.test("two backups of a group within one second both succeed", async () => {
  await using folder = await StoreFolder.create();
  const run = await shell(
    `set -e; cd '${folder.path}'; echo a > a.conf
    for i in 1 2 3; do "$@" backup a.conf:a.conf --backup-id h --repository ./store; done`,
  );
  assertEquals(run.code, 0, run.stderr);
  assertEquals(await folder.snapshotCount(), 3);
});
