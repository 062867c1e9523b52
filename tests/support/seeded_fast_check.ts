// What `fast-check` is for every module of this repository (`scopes` in deno.json), so that no property test
// does without the seed; docs/internals/testing.md says how to choose another one.
import fastCheck from "fast-check";

/** The seed of a run that names none: the same cases each time. */
const USUAL_SEED = "20261201";

const seed = Deno.env.get("PBS_CLIENT_SEED") || USUAL_SEED;
if (!/^[0-9]{1,9}$/.test(seed)) {
  throw new Error(`PBS_CLIENT_SEED=${seed}: a whole number up to 999999999 is wanted`);
}
fastCheck.configureGlobal({ seed: Number(seed) });

export * from "fast-check";
export default fastCheck;
