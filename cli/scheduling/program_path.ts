import { NotFoundError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";

/**
 * The absolute path of the program that runs, by which a job can start it again: of the executable
 * that carries it, or of the script that started it.
 *
 * @throws {NotFoundError} if nothing tells.
 */
export function programPath(environment: Environment): string {
  const executable = environment.get("PBS_CLIENT_EXECUTABLE") ||
    (Deno.build.standalone ? Deno.execPath() : undefined);
  if (executable?.startsWith("/")) return executable;
  const called = environment.get("PBS_CLIENT_PROGRAM");
  const path = called && absolute(called, environment);
  if (path) return path;
  throw new NotFoundError("it is not known by which program this one was started: give --program");
}

function absolute(called: string, environment: Environment): string | undefined {
  if (called.startsWith("/")) return called;
  if (called.includes("/")) return `${Deno.cwd()}/${called.replace(/^(\.\/)+/, "")}`;
  for (const folder of (environment.get("PATH") ?? "").split(":")) {
    if (folder.startsWith("/") && isFile(`${folder}/${called}`)) return `${folder}/${called}`;
  }
  return undefined;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
