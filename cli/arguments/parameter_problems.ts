import { ArgumentError } from "./argument_error.ts";

/** Collects what is wrong with the parameters of a command line (spec: cli.md §1.4). */
export class ParameterProblems {
  #lines: string[] = [];

  /** Notes a reason for refusing a parameter. */
  add(name: string, reason: string): void {
    this.#lines.push(`'${name}': ${reason}`);
  }

  /** Ends a phase. @throws {ArgumentError} if anything was noted. */
  throwIfAny(): void {
    const [first, ...others] = this.#lines;
    if (first === undefined) return;
    const head = "parameter verification failed";
    throw new ArgumentError(
      others.length === 0
        ? `${head} - ${first}`
        : `${head}:\n${this.#lines.map((line) => `- ${line}`).join("\n")}`,
    );
  }
}
