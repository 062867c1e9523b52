/** How the places of a server are shared, as parts of all. */
const ADDRESS_PART = 1 / 2;
const STRANGERS_PART = 1 / 2;
const STRANGERS_OF_ADDRESS_PART = 1 / 4;

/** A connection that has a place. */
export interface Place {
  /** Its peer has shown who it is: it need not give way to others any more. */
  keep(): void;
  /** The connection has ended. */
  leave(): void;
}

/**
 * The places for connections, shared so that nobody keeps others out.
 *
 * One address gets half of them, and so do all strangers together, of whom one address may have half
 * again. Where that is used up, the stranger goes who has been there longest: first one of the same
 * address, else one of the address that has most.
 */
export class ConnectionPlaces {
  readonly #total: number;
  readonly #addresses = new Map<string, Address>();
  #count = 0;
  #strangers = 0;

  /** @param total Connections at a time. */
  constructor(total: number) {
    this.#total = total;
  }

  /**
   * Gives a place to a new connection.
   *
   * @param remoteAddress Where it comes from; addresses of one IPv6 network count as one.
   * @param end Ends it, to make room for another.
   * @returns `undefined` if there is no place.
   */
  enter(remoteAddress: string, end: () => void): Place | undefined {
    const name = networkOf(remoteAddress);
    const address = this.#addresses.get(name) ?? { name, known: 0, strangers: new Set<Taken>() };
    const { strangers } = address;
    const share = (part: number) => Math.max(1, Math.floor(this.#total * part));
    if (
      strangers.size >= share(STRANGERS_OF_ADDRESS_PART) ||
      address.known + strangers.size >= share(ADDRESS_PART)
    ) {
      if (!this.#sendAway(address)) return undefined;
    }
    if (this.#count >= this.#total || this.#strangers >= share(STRANGERS_PART)) {
      const most = [...this.#addresses.values()].reduce(
        (most, each) => each.strangers.size > most.strangers.size ? each : most,
        address,
      );
      if (!this.#sendAway(most)) return undefined;
    }
    this.#addresses.set(name, address);
    const taken: Taken = { end };
    strangers.add(taken);
    this.#strangers++;
    this.#count++;
    return {
      keep: () => {
        if (!strangers.delete(taken)) return;
        this.#strangers--;
        address.known++;
        taken.known = true;
      },
      leave: () => this.#leave(address, taken),
    };
  }

  /** @returns whether somebody went. */
  #sendAway(address: Address): boolean {
    const [oldest] = address.strangers;
    if (oldest === undefined) return false;
    this.#leave(address, oldest);
    oldest.end();
    return true;
  }

  #leave(address: Address, taken: Taken): void {
    if (taken.left) return;
    taken.left = true;
    this.#count--;
    if (taken.known) address.known--;
    else {
      address.strangers.delete(taken);
      this.#strangers--;
    }
    const isEmpty = address.known + address.strangers.size === 0;
    if (isEmpty && this.#addresses.get(address.name) === address) {
      this.#addresses.delete(address.name);
    }
  }
}

interface Address {
  readonly name: string;
  known: number;
  /** In the order in which they came. */
  readonly strangers: Set<Taken>;
}

interface Taken {
  readonly end: () => void;
  known?: true;
  left?: true;
}

/** An IPv4 address, or the network of 64 bits that one customer has of IPv6. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  if (address.includes(".")) return address.slice(address.lastIndexOf(":") + 1);
  const [front = "", back] = address.split("%")[0]!.split("::", 2);
  const head = front === "" ? [] : front.split(":");
  const tail = back === undefined || back === "" ? [] : back.split(":");
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  return [...head, ...zeros, ...tail].slice(0, 4).join(":");
}
