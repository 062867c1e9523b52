import { ServerError } from "../../errors/mod.ts";

/** Fault of one parameter. */
export interface ParameterProblem {
  readonly name: string;
  readonly text: string;
}

/** Parameters that break their rules, all of them together (spec: protocol.md §3.2). */
export class ParameterError extends ServerError {
  override name = "ParameterError";

  /** @param problems In the order in which they were found. */
  constructor(readonly problems: readonly ParameterProblem[]) {
    super(400, formatProblems(problems));
  }
}

function formatProblems(problems: readonly ParameterProblem[]): string {
  const lines = problems.map(({ name, text }) => `'${name}': ${text}`);
  return lines.length === 1
    ? `parameter verification failed - ${lines[0]}`
    : ["parameter verification failed:", ...lines.map((line) => `- ${line}`)].join("\n");
}
