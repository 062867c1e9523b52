import type { Environment } from "../environment.ts";

const SUFFIXES = ["", "_FD", "_FILE", "_CMD"];

/**
 * The environment of a second repository: it may have a password and a certificate of its own, and has
 * those of the first for want of them.
 *
 * @param word Stands in the names of its variables: `FROM_` in `PBS_FROM_PASSWORD`.
 * @param variables Its own variables, each in place of the one without the word.
 */
export function secondEnvironment(
  environment: Environment,
  word: string,
  variables: readonly string[],
): Environment {
  const isSet = (name: string) =>
    SUFFIXES.some((suffix) => environment.get(name + suffix) !== undefined);
  const own = variables.filter(isSet);
  return {
    get: (name) => {
      const isReplaced = own.some((each) =>
        SUFFIXES.some((suffix) => name === each.replace(word, "") + suffix)
      );
      return environment.get(isReplaced ? name.replace("PBS_", `PBS_${word}`) : name);
    },
  };
}
