/** One thing a word may become. */
export interface Candidate {
  readonly text: string;
  /** A line beside it, for shells that can show one. */
  readonly description?: string;
}

/** Offer for the word under the cursor. */
export interface Offer {
  readonly candidates: readonly Candidate[];
  /** The word is a path: the shell, which knows `~` and its variables, completes those better. */
  readonly isPath?: boolean;
}
