/** What the program is called in usage texts. */
export const PROGRAM_NAME = "pbs-client";
