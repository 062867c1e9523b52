/**
 * *Section entries*: sections of configuration files that are all of one kind, such as S3 endpoints, by the
 * names and words of the reference.
 *
 * @module
 */

export * from "./parse_section_entries.ts";
export * from "./section_entry.ts";
