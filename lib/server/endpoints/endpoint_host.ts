const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const REGION = "{{region}}";
const BUCKET_IN_FRONT = "{{bucket}}.";

/**
 * Whether a text is a host name or address of an S3 endpoint, with templates: `{{bucket}}.` in front, and
 * `{{region}}` as a label (spec: s3-datastore.md §2.1).
 */
export function isEndpointHost(text: string): boolean {
  if (text.includes(":")) return /^[0-9A-Fa-f:.]+$/.test(text);
  const host = text.startsWith(BUCKET_IN_FRONT) ? text.slice(BUCKET_IN_FRONT.length) : text;
  return host.split(".").every((label) => label === REGION || LABEL.test(label));
}
