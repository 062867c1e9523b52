/** The place of a secret. */
export type SecretReference =
  /** The first line of a file. */
  | { readonly kind: "file"; readonly path: string }
  /** The first line that a program prints; the words of its command line. */
  | { readonly kind: "command"; readonly words: readonly string[] }
  /** The first line of a credential that the service manager hands over. */
  | { readonly kind: "credential"; readonly name: string };
