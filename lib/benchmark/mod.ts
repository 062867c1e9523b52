/**
 * Benchmark: how fast a machine does what backups and restores consist of.
 *
 * A *speed* is bytes in a second. *Steps* are what happens to a chunk, each measured alone, on one
 * thread, as the official client measures it; their *reference* is the speed on the machine that the
 * official client compares with (spec: client-pipeline.md §8). *Runs* are ours: whole streams through
 * the native core, on all processors. Nothing is left when a measurement has ended or was ended.
 *
 * @module
 */

export { measureRuns, type RunObserver, type RunSpeeds } from "./measure_runs.ts";
export { measureSteps, type StepName, type StepObserver } from "./measure_steps.ts";
export { REFERENCE_SPEEDS } from "./reference_speeds.ts";
