/** Keys of a request (spec: s3-datastore.md §11.4). */
const KEYS_PER_REQUEST = 1000;
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
};

/** Whether XML can name a key: most control characters it cannot. */
export function isDeletable(key: string): boolean {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(key);
}

/** The bodies of the requests that remove objects. */
export function* deletionBodies(keys: readonly string[]): Iterable<Uint8Array> {
  for (let at = 0; at < keys.length; at += KEYS_PER_REQUEST) {
    const objects = keys.slice(at, at + KEYS_PER_REQUEST).map((key) =>
      `<Object><Key>${key.replace(/[&<>"\r]/g, (mark) => ESCAPES[mark]!)}</Key></Object>`
    );
    yield new TextEncoder().encode(
      `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${objects.join("")}</Delete>`,
    );
  }
}
