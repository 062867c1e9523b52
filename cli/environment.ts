/** Read access to the environment variables of the process, replaceable in tests. */
export interface Environment {
  /** The variable's value; undefined if it is not set. */
  get(name: string): string | undefined;
}
