/**
 * Filters: which groups are meant. A *group filter* is a rule of one line, as jobs of the reference server
 * have them; several together say which groups *pass*. Regular expressions are searched in linear time.
 *
 * @module
 */

export * from "./group_filter.ts";
