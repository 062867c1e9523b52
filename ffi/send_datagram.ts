const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 0x80002;
const MSG_NOSIGNAL = 0x4000;
const MAX_PATH_BYTES = 107;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "isize",
  },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/**
 * Sends a datagram to a socket of this machine.
 *
 * @param socketPath An `@` in front stands for an abstract name.
 * @returns Whether it was sent.
 */
export function sendDatagram(socketPath: string, text: string): boolean {
  const path = new TextEncoder().encode(socketPath);
  if (path.length === 0 || path.length > MAX_PATH_BYTES) return false;
  if (path[0] === 0x40) path[0] = 0;
  const address = new Uint8Array(2 + path.length + (path[0] === 0 ? 0 : 1));
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(path, 2);
  const message = new TextEncoder().encode(text);
  const library = Deno.dlopen("libc.so.6", SYMBOLS);
  try {
    const { socket, sendto, close } = library.symbols;
    const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (fd < 0) return false;
    const sent = sendto(
      fd,
      message,
      BigInt(message.length),
      MSG_NOSIGNAL,
      address,
      address.length,
    );
    close(fd);
    return Number(sent) === message.length;
  } finally {
    library.close();
  }
}
