/** A value of a property. */
export type JobValue = string | number | boolean | readonly string[];

/** Properties of a job, by the names of the file. */
export type JobProperties = Readonly<Record<string, JobValue>>;
