/** Name of the program in usage texts. */
export const PROGRAM_NAME = "pbs-client";
