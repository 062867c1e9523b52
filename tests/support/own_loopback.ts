/**
 * An address of this machine's loopback that no other test listens on, for ports that are closed and
 * taken again, and for those on which nobody is to listen: nobody else takes them meanwhile. Clients
 * connect from 127.0.0.1, so that their own ports are not in the way either.
 */
export function ownLoopback(): string {
  const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${100 + a! % 100}.${b}.${1 + c! % 254}`;
}
