/**
 * Marking: which digests any index refers to, in memory that does not grow with their number.
 *
 * A *column* is the digests of one index, at equal distances in its bytes. *Referenced digests* take
 * columns, drop what they know, and keep the rest in a *set* as long as it fits. A set that is full
 * goes to a *spill file* as a *run*, sorted by *partition*, the first three hex digits. A listing of the
 * chunks that there are is then held against them: a *unit* is a prefix that is listed by itself, a
 * *window* a range of referenced digests that is in memory meanwhile.
 *
 * @module
 */

export {
  type CheckedPage,
  checkReferences,
  type ReferenceCheck,
  unitDigits,
} from "./check_references.ts";
export { DigestSet } from "./digest_set.ts";
export { Reference, type ReferenceCounters } from "./reference.ts";
export { type WordColumn, wordsOf } from "./word_column.ts";
export {
  DEFAULT_MARKING_BUDGET,
  ReferencedDigests,
  type ReferencedDigestsOptions,
} from "./referenced_digests.ts";
