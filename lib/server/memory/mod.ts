/**
 * *Budgets* of memory for uploads and for answers, over all connections.
 *
 * @module
 */

export * from "./answer_budget.ts";
export * from "./body_budget.ts";
export * from "./release_memory.ts";
