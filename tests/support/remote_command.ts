import { type InProcessRun, runInProcess } from "./cli_in_process.ts";
import type { TestServer } from "./test_server.ts";

/** Environment of a program that is to use a test server. */
export function serverEnvironment(
  server: TestServer,
  authId = "admin@pbs!ci",
  datastore = "store1",
): Record<string, string> {
  return {
    PBS_REPOSITORY: `${authId}@127.0.0.1:${server.port}:${datastore}`,
    PBS_PASSWORD: authId.includes("!") ? "a secret" : "a password",
    PBS_FINGERPRINT: server.certificate.fingerprint,
    LANG: "C.UTF-8",
    TZ: "UTC",
  };
}

/** Runs a command against a test server, in this process. */
export async function runRemote(
  server: TestServer,
  argv: readonly string[],
  env: Readonly<Record<string, string | null>> = {},
): Promise<InProcessRun> {
  return await runInProcess(argv, { ...serverEnvironment(server), ...env });
}

/** As {@linkcode runRemote}; throws with the messages unless it succeeds. @returns its output. */
export async function runRemoteOk(
  server: TestServer,
  argv: readonly string[],
  env: Readonly<Record<string, string | null>> = {},
): Promise<string> {
  const run = await runRemote(server, argv, env);
  if (run.code !== 0) throw new Error(`${argv.join(" ")} ended with ${run.code}: ${run.stderr}`);
  return run.stdout;
}
