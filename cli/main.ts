import { runtimeProblem } from "./runtime_range.ts";

if (import.meta.main) {
  // Before anything else is loaded: a runtime that lacks what is imported says only what it lacks.
  const problem = runtimeProblem(Deno.version.deno);
  if (problem !== undefined) {
    Deno.stderr.writeSync(new TextEncoder().encode(`Error: ${problem}\n`));
    Deno.exit(255);
  }
  const { start } = await import("./start.ts");
  await start();
}
