import { setTimeout as delay } from "node:timers/promises";
import { spawnClient } from "./run_client.ts";

/** The command lines of a process and of all that began after it, at this moment. */
function commandLinesSince(pid: number): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => Number(name) >= pid)
    .map(({ name }) => {
      try {
        return Deno.readTextFileSync(`/proc/${name}/cmdline`);
      } catch {
        return "";
      }
    });
}

/** Runs the program and watches, as long as it runs, what others can see of it. */
export async function watchRun(
  args: readonly string[],
  options: { env: Record<string, string>; stdin?: string },
): Promise<{ code: number; said: string; seen: Set<string> }> {
  const stdin = options.stdin === undefined
    ? {}
    : { stdin: new TextEncoder().encode(options.stdin) };
  const child = spawnClient(args, { env: options.env, output: "piped", ...stdin });
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const seen = new Set<string>();
  let running = true;
  const watcher = (async () => {
    while (running) {
      for (const line of commandLinesSince(child.pid)) seen.add(line);
      await delay(5);
    }
  })();
  const { code, stdout, stderr } = await child.output();
  running = false;
  await watcher;
  const decoder = new TextDecoder();
  return { code, said: decoder.decode(stdout) + decoder.decode(stderr), seen };
}
