/** The part of a `Deno.Conn` that is needed: TCP, Unix and vsock connections have it. */
export interface ByteConnection {
  read(target: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
  closeWrite?(): Promise<void>;
}
