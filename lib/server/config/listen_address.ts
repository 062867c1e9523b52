/** A place where a server takes connections. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** From virtual machines, the host of one, and this machine itself (docs/server.md). */
  | { readonly kind: "vsock"; readonly port: number };
