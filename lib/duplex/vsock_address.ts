/** The context id of this machine itself: of a loop that needs no other machine. */
export const VSOCK_LOCAL_CID = 1;
/** The context id that the host has for its virtual machines. */
export const VSOCK_HOST_CID = 2;
/** Stands for all context ids of a machine when it listens; nobody can be reached by it. */
export const VSOCK_ANY_CID = 0xffff_ffff;

/**
 * One end of a vsock connection. Virtual machines and their hosts talk so with no network between
 * them, and the kernel vouches for the context id of the other end.
 */
export interface VsockAddress {
  /** Context id: of a virtual machine as its host has chosen it, or one of the constants. */
  readonly cid: number;
  /** 32 bits; below 1024 only root may listen. */
  readonly port: number;
}

/** Name of an end as messages and repositories have it: `[vsock:CID]:PORT`. */
export function describeVsock({ cid, port }: VsockAddress): string {
  return `[vsock:${cid}]:${port}`;
}
