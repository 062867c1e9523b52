/** The rule for one value, in a query, a form or a JSON body (spec: protocol.md §3.3). */
export type ValueSchema =
  | {
    readonly kind: "string";
    /** In characters. */
    readonly minLength?: number;
    readonly maxLength?: number;
    readonly pattern?: RegExp;
    /** The only values there are. */
    readonly values?: readonly string[];
    /** A rule that is looked at last. @returns The whole error text if the value breaks it. */
    readonly refuse?: (text: string) => string | undefined;
  }
  | { readonly kind: "integer"; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "array"; readonly items: ValueSchema };

/** The rule for a parameter of a call. */
export type ParameterSchema = ValueSchema & { readonly optional?: true };

/** All parameters of a call, by name; no others are allowed. */
export type ParameterSchemas = Readonly<Record<string, ParameterSchema>>;

/** A value that has passed its rule. */
export type ParameterValue = string | number | boolean | readonly ParameterValue[];

/** The same parameter, but it may be missing. */
export function optional(schema: ParameterSchema): ParameterSchema {
  return { ...schema, optional: true };
}
