/**
 * Runs steps of a clean-up one after the other: one that fails keeps none of the others from being
 * done.
 *
 * @throws what the first step that failed threw, when all have run.
 */
export async function runAll(steps: readonly (() => unknown)[]): Promise<void> {
  let failure: { readonly cause: unknown } | undefined;
  for (const step of steps) {
    try {
      await step();
    } catch (cause) {
      failure ??= { cause };
    }
  }
  if (failure !== undefined) throw failure.cause;
}
