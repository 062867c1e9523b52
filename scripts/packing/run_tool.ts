/**
 * Runs a program to its end.
 *
 * @returns What it printed.
 * @throws {Error} with its messages, if it is missing or fails.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args: [...args], stdin: "null", ...options })
      .output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(`the command "${program}" is missing`);
  }
  const decoder = new TextDecoder();
  if (!output.success) {
    throw new Error(`${program} ${args.join(" ")} failed:\n${decoder.decode(output.stderr)}`);
  }
  return decoder.decode(output.stdout);
}
