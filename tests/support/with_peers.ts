/** Whether a command is on the PATH, or a file at its absolute path. */
function isPresent(command: string): boolean {
  if (command.startsWith("/")) return isFile(command);
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    return isFile(`${folder}/${command}`);
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/**
 * Registers a test that compares with other programs. A missing one fails the test with a line that
 * names it; only the test command's `--without-peers` leaves the test out, and counts it.
 *
 * @param name The test's sentence.
 * @param commands The peers it runs, as named on the PATH, or absolute paths of files.
 * @param run The test.
 */
export function testWithPeers(
  name: string,
  commands: readonly string[],
  run: (context: Deno.TestContext) => void | Promise<void>,
): void {
  const missing = commands.filter((command) => !isPresent(command));
  const leaveOut = missing.length > 0 && Deno.env.get("PBS_CLIENT_WITHOUT_PEERS") === "yes";
  Deno.test({
    name,
    ignore: leaveOut,
    fn: (context) => {
      if (missing.length > 0) throw new Error(`missing tool: ${missing.join(", ")}`);
      return run(context);
    },
  });
}
