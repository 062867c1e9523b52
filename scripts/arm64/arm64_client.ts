import { fromFileUrl } from "@std/path";

const ENTRY = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
const CORE = fromFileUrl(
  new URL(
    "../../native/target/aarch64-unknown-linux-gnu/release/libpbs_native.so",
    import.meta.url,
  ),
);

/** Path that scripts/test_arm64 gives in the environment. */
export function given(variable: string): string {
  const value = Deno.env.get(variable);
  if (value === undefined) throw new Error(`${variable} is not set: scripts/test_arm64 runs this`);
  return value;
}

/** Starts the program from the sources, with runtime and native core for arm64 on an emulated processor. */
export function spawnOnArm64(args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(given("ARM64_QEMU"), {
    args: [
      ...["-L", given("ARM64_ROOT"), given("ARM64_DENO")],
      ...["run", "--quiet", "--allow-all", "--cached-only", ENTRY, ...args],
    ],
    env: { TZ: "UTC", PBS_REPOSITORY: "", PBS_CLIENT_NATIVE: CORE, XDG_CACHE_HOME: "/dev/null" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** {@linkcode spawnOnArm64} to the end. @returns What it wrote; an error unless it succeeds. */
export async function runOnArm64(args: readonly string[]): Promise<string> {
  const { success, code, stdout, stderr } = await spawnOnArm64(args).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(
      `pbs-client ${args.join(" ")} on arm64 ended with ${code}:\n${decoder.decode(stderr)}`,
    );
  }
  return decoder.decode(stdout);
}
