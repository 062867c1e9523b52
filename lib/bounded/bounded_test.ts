import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gatherOutput } from "./gather_output.ts";
import { readSmallFile, readSmallFileSync, readSmallText } from "./read_small_file.ts";

function shell(script: string): Deno.ChildProcess {
  return new Deno.Command("/bin/sh", {
    args: ["-c", script],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const LIMITS = { stdoutBytes: 1000, stderrBytes: 1000 };

Deno.test("readSmallFile() takes what is small, and of devices and large files no more", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "a".repeat(200_000));
    assertEquals(await readSmallText(path, 200_000), "a".repeat(200_000));
    assertEquals(readSmallFileSync(path), await readSmallFile(path));
    for (const large of [path, "/dev/zero"]) {
      await assertRejects(
        () => readSmallFile(large, 199_999),
        Error,
        "it has more than 199999 bytes",
      );
      assertThrows(() => readSmallFileSync(large, 199_999), Error, "it has more than 199999 bytes");
    }
    await Deno.truncate(path, 2 ** 40);
    await assertRejects(() => readSmallFile(path), Error, "it has more than 1048576 bytes");
    await Deno.truncate(path, 0);
    assertEquals(await readSmallText(path), "");
  } finally {
    await Deno.remove(path);
  }
  await assertRejects(() => readSmallFile("/"), Deno.errors.IsADirectory);
  await assertRejects(() => readSmallFile("/nonexistent"), Deno.errors.NotFound);
});

Deno.test("gatherOutput() has both outputs and the status of a program", async () => {
  const { status, stdout, stderr, isTooMuch } = await gatherOutput(
    shell("echo out; echo why >&2; exit 3"),
    LIMITS,
  );
  assertEquals(new TextDecoder().decode(stdout), "out\n");
  assertEquals(new TextDecoder().decode(stderr), "why\n");
  assertEquals([status.code, isTooMuch], [3, false]);
});

Deno.test("gatherOutput() closes an output without an end, and forgets messages beyond a bound", async () => {
  const endless = await gatherOutput(shell("exec cat /dev/zero"), LIMITS);
  assertEquals([endless.stdout.length, endless.isTooMuch], [1000, true]);
  assertEquals(endless.status.success, false);
  const talker = await gatherOutput(shell("head -c 5000000 /dev/zero >&2; echo done"), LIMITS);
  assertEquals([talker.stderr.length, talker.status.success], [1000, true]);
  assertEquals(new TextDecoder().decode(talker.stdout), "done\n");
});

Deno.test("gatherOutput() leaves no timer when the output ends before the program", async () => {
  const { setTimeout, clearTimeout } = globalThis;
  const open = new Set<unknown>();
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    const timer = setTimeout(...args);
    open.add(timer);
    return timer;
  }) as typeof setTimeout;
  globalThis.clearTimeout = (timer) => {
    open.delete(timer);
    clearTimeout(timer);
  };
  try {
    const { status } = await gatherOutput(shell("exec >&- 2>&-; sleep 0.3"), LIMITS);
    assertEquals([status.success, open.size], [true, 0]);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
});

Deno.test("gatherOutput() does not wait for what a program leaves running", async () => {
  const child = shell("sleep 600 & echo $!; echo why >&2");
  const { stdout, stderr } = await gatherOutput(child, LIMITS);
  const left = Number(new TextDecoder().decode(stdout));
  // It is there still: nobody has waited for it.
  Deno.kill(left, "SIGKILL");
  assertEquals(new TextDecoder().decode(stderr), "why\n");
});
