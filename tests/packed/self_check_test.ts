import { assertEquals, assertMatch } from "@std/assert";
import { packedExecutable } from "../support/packed_executable.ts";
import { TempDir } from "../support/temp_dir.ts";

/** What `self-check` finds, by part, and its exit code. */
interface Checked {
  readonly code: number;
  readonly verdicts: Record<string, string>;
  readonly details: string;
}

/** Runs a command line that ends in `self-check`. */
async function selfCheck(words: readonly string[], env: Record<string, string>): Promise<Checked> {
  const [program, ...args] = [...words, "self-check", "--output-format", "json"];
  const output = await new Deno.Command(program!, { args, env }).output();
  const text = new TextDecoder();
  const { checks } = JSON.parse(text.decode(output.stdout) || `{"checks":[]}`);
  const entries = checks.map(({ part, verdict }: Record<string, string>) => [part, verdict]);
  const details = checks.map(({ detail }: Record<string, string>) => detail).join("\n");
  const verdicts = Object.fromEntries(entries);
  return { code: output.code, verdicts, details: details + text.decode(output.stderr) };
}

function bad({ verdicts }: Checked): string[] {
  return Object.keys(verdicts).filter((part) => verdicts[part] === "bad");
}

Deno.test("self-check of the packed executable names each piece that is damaged", async () => {
  await using dir = await TempDir.make();
  const executable = `${dir.path}/pbs-client`;
  await Deno.copyFile(await packedExecutable(), executable);
  const env = { PBS_CLIENT_CACHE_DIR: `${dir.path}/unpacked`, XDG_CACHE_HOME: dir.path };
  const whole = await selfCheck([executable], env);
  assertEquals([whole.code, bad(whole)], [0, []], whole.details);
  assertEquals(whole.verdicts["unpacked files"], "good");

  const [{ name }] = await Array.fromAsync(Deno.readDir(`${dir.path}/unpacked`)) as [Deno.DirEntry];
  const folder = `${dir.path}/unpacked/${name}`;
  // The launcher would unpack what has changed anew; a disk that decays tells nobody.
  const runtime = ["run", "--no-config", "--no-remote", "--allow-all", `${folder}/program/main.js`];
  const unwatched = [
    ...[`${folder}/pbs-client`, "--library-path", `${folder}/lib`, "--argv0", "pbs-client"],
    ...[`${folder}/deno`, ...runtime],
  ];
  const unwatchedEnv = { ...env, PBS_CLIENT_EXECUTABLE: executable };
  for (const path of ["lib/libfuse3.so.3", "libpbs_native.so", "program/assets/page.js"]) {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    // Behind the last byte: it still loads, and only its digest tells.
    await Deno.writeFile(`${folder}/${path}`, new Uint8Array(1), { append: true });
    const damaged = await selfCheck(unwatched, unwatchedEnv);
    assertEquals([damaged.code, bad(damaged)], [255, ["unpacked files"]], damaged.details);
    assertMatch(damaged.details, new RegExp(`${path} was changed; remove ${folder}`));
    await Deno.writeFile(`${folder}/${path}`, bytes);
  }
  await Deno.remove(`${folder}/program/assets/page.css`);
  assertEquals(bad(await selfCheck(unwatched, unwatchedEnv)), ["unpacked files", "page"]);
  await Deno.chmod(folder, 0o777);
  const open = await selfCheck(unwatched, unwatchedEnv);
  assertEquals(bad(open), ["unpacked files", "folder of unpacked files", "page"]);

  const { size } = await Deno.stat(executable);
  using file = await Deno.open(executable, { read: true, write: true });
  const byte = new Uint8Array(1);
  const middle = Math.floor(size / 2);
  await file.seek(middle, Deno.SeekMode.Start);
  await file.read(byte);
  byte[0]! ^= 1;
  await file.seek(middle, Deno.SeekMode.Start);
  await file.write(byte);
  const rotten = await selfCheck(unwatched, unwatchedEnv);
  assertEquals(rotten.verdicts["executable"], "bad");
  assertMatch(rotten.details, /is damaged in what begins at byte \d+; get it again/);
});
