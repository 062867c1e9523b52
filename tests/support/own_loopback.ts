/**
 * An address of this machine's loopback that no other test listens on: a port that is free there is free
 * until it is taken by who has asked for it.
 */
export function ownLoopback(): string {
  const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${100 + a! % 100}.${b}.${1 + c! % 254}`;
}
