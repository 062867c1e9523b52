import { ArgumentError } from "./argument_error.ts";

/** Collects what is wrong with the parameters of a command line (spec: cli.md §1.4). */
export class ParameterProblems {
  #lines: string[] = [];
  #advice: string[] = [];
  #unknown: string[] = [];

  /** @param command The words of the command they are for. */
  constructor(private readonly command = "") {}

  /**
   * Notes a reason for refusing a parameter.
   *
   * @param advice What to write instead.
   */
  add(name: string, reason: string, advice?: string): void {
    this.#lines.push(`'${name}': ${reason}`);
    if (advice !== undefined && !this.#advice.includes(advice)) this.#advice.push(advice);
  }

  /** Notes a name that is none of the command's options. */
  addUnknown(name: string): void {
    this.#unknown.push(name);
    this.add(name, "schema does not allow additional properties.");
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
      this.command,
      this.#advice,
      this.#unknown,
    );
  }
}
