/** A value of a property; a list has a line for each item. */
export type PropertyValue = string | number | boolean | readonly string[];

/** Properties of a section, by the names of the file. */
export type SectionValues = Readonly<Record<string, PropertyValue>>;

/** A section of a file whose sections are all of one kind. */
export interface SectionEntry {
  readonly id: string;
  readonly properties: SectionValues;
}
