/** One thing a word may become. */
export interface Candidate {
  readonly text: string;
  /** What shells that can show it show beside it; one line. */
  readonly description?: string;
}

/** What is offered for the word under the cursor. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** The word is a path: the shell, which knows `~` and its variables, completes those better. */
  readonly isPath?: boolean;
}
