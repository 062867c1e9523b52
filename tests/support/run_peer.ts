/** Runs another program to its end; fails the test, with its output, unless it succeeds. */
export async function runPeer(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly codes?: readonly number[] } = {},
): Promise<string> {
  const output = await new Deno.Command(command, {
    args: [...args],
    env: { LC_ALL: "C", TZ: "UTC" },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).output();
  const decoder = new TextDecoder();
  if (!(options.codes ?? [0]).includes(output.code)) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${output.code}:\n${decoder.decode(output.stderr)}`,
    );
  }
  return decoder.decode(output.stdout);
}
