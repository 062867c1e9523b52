/** Result of one check. */
export interface Finding {
  /** Name of what was looked at, in two or three words; the same in every run. */
  readonly part: string;
  /**
   * `good`; `bad` if the program cannot be trusted, or cannot do what it says it can; `absent` if
   * something is not there that only some commands need.
   */
  readonly verdict: "good" | "bad" | "absent";
  /** Description of it, or of what is wrong with it and the way out. */
  readonly detail: string;
}
