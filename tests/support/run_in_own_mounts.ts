/**
 * Runs a shell script whose mounts nobody else sees and that are gone when it ends.
 *
 * @param argument What the script knows as `$1`.
 * @param env Variables beside those of this process.
 * @returns Everything that was printed.
 * @throws {Error} with everything that was printed, if it fails.
 */
export async function runInOwnMounts(
  script: string,
  argument: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const shell = ["sh", "-c", `set -eu\nexec 2>&1\n${script}`, "sh", argument];
  const { success, code, stdout } = await new Deno.Command("unshare", {
    args: ["--mount", "--propagation", "private", ...shell],
    stdin: "null",
    env,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`the script ended with ${code}:\n${text}`);
  return text;
}
