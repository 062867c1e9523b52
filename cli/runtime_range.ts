/**
 * The oldest version of Deno that runs the program. 2.8.0 fails where many modules are loaded at once
 * (`help`), 2.7.14 refuses connections to its TLS listeners, 2.6.8 has no RSA for master keys.
 */
export const OLDEST_RUNTIME = "2.8.1";

/** The newest version with which the program was tried; later ones are taken, up to the next major one. */
export const NEWEST_TRIED_RUNTIME = "2.9.8";

/**
 * Why a version of Deno does not run the program, in a line that has the way out; `undefined` if it does.
 *
 * @param version As `Deno.version.deno` says it; what follows the three numbers does not count.
 */
export function runtimeProblem(version: string): string | undefined {
  const given = numbers(version);
  const oldest = numbers(OLDEST_RUNTIME);
  const range = `pbs-client runs on Deno ${OLDEST_RUNTIME} or later of version ${oldest[0]}`;
  const way =
    `use Deno ${NEWEST_TRIED_RUNTIME}, or scripts/pbs-client of a clone, which brings its own`;
  if (given[0] === oldest[0] && rank(given) >= rank(oldest)) return undefined;
  return `${range}, and this is Deno ${version}: ${way}`;
}

function numbers(version: string): number[] {
  return version.split(".", 3).map((part) => Number.parseInt(part, 10));
}

/** A number that is higher the newer a version is; NaN if it is none. */
function rank([major, minor, patch]: readonly number[]): number {
  return (major! * 1e4 + minor!) * 1e4 + patch!;
}
