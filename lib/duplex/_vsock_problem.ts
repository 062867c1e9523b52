import { VSOCK_HOST_CID, VSOCK_LOCAL_CID, type VsockAddress } from "./vsock_address.ts";

/** Kernel modules by what they reach. */
const LOOPBACK_MODULE = 'this machine itself with "modprobe vsock_loopback"';
const MODULES = `${LOOPBACK_MODULE}, the host of a virtual machine with ` +
  '"modprobe vmw_vsock_virtio_transport", virtual machines with "modprobe vhost_vsock"';

/**
 * The reason why a connection or a listener could not be made, in words that lead on.
 *
 * @param error What the runtime threw.
 */
export function vsockProblem({ cid, port }: VsockAddress, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const number = Number(/\(os error (\d+)\)/.exec(text)?.[1]);
  switch (number) {
    case 13: // EACCES
    case 1: // EPERM
      return port < 1024 ? "ports below 1024 are for root (CAP_NET_BIND_SERVICE)" : text;
    case 19: // ENODEV
    case 101: // ENETUNREACH
      return `no way leads to ${placeOf(cid)}. Kernel modules reach ${MODULES}`;
    case 97: // EAFNOSUPPORT
      return `the kernel has no vsock. Its modules reach ${MODULES}`;
    case 98: // EADDRINUSE
      return "the port is in use";
    case 99: // EADDRNOTAVAIL
      return `this machine has not the context id ${cid}`;
    case 104: // ECONNRESET: how a machine says that nobody listens
    case 111: // ECONNREFUSED
      return `nothing listens on this port of ${placeOf(cid)}`;
    case 110: // ETIMEDOUT
      return cid === VSOCK_LOCAL_CID
        ? `no answer. The kernel reaches ${LOOPBACK_MODULE}`
        : `no answer. There may be no ${placeOf(cid)}`;
    default:
      return text;
  }
}

function placeOf(cid: number): string {
  if (cid === VSOCK_LOCAL_CID) return `this machine (context id ${cid})`;
  if (cid === VSOCK_HOST_CID) return `the host (context id ${cid})`;
  return `virtual machine with context id ${cid}`;
}
