/**
 * The oldest version of Deno that runs the program. Those before it refuse connections to a TLS listener
 * that they have just opened (2.7.14); still older ones have no RSA for master keys (2.6.8).
 */
export const OLDEST_RUNTIME = "2.8.0";

/** The newest version with which the program was tried; later ones are taken, up to the next major one. */
export const NEWEST_TRIED_RUNTIME = "2.9.8";

/**
 * Why a version of Deno does not run the program, in a line that has the way out; `undefined` if it does.
 *
 * @param version As `Deno.version.deno` says it; what follows the three numbers does not count.
 */
export function runtimeProblem(version: string): string | undefined {
  const [major, minor] = numbers(version);
  const [oldestMajor, oldestMinor] = numbers(OLDEST_RUNTIME);
  const range = `pbs-client runs on Deno ${OLDEST_RUNTIME} or later of version ${oldestMajor}`;
  const way =
    `use Deno ${NEWEST_TRIED_RUNTIME}, or scripts/pbs-client of a clone, which brings its own`;
  if (major === oldestMajor && minor! >= oldestMinor!) return undefined;
  return `${range}, and this is Deno ${version}: ${way}`;
}

function numbers(version: string): number[] {
  return version.split(".").slice(0, 2).map((part) => Number.parseInt(part, 10));
}
