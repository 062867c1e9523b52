/** Places of fields in the C library's `struct stat`, in bytes. */
export interface StatLayout {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  /** Number of the device that the file is. */
  readonly device: number;
  readonly size: number;
  readonly blockSize: number;
  readonly blocks: number;
  /** Access, modification, change. */
  readonly times: readonly [number, number, number];
  /** Of the whole structure. */
  readonly length: number;
}

/** Numbers of the kernel and the C library that are not the same on all processors. */
export interface MachineLayout {
  /** `O_DIRECTORY`. */
  readonly openDirectory: number;
  /** `O_NOFOLLOW`. */
  readonly openNoFollow: number;
  readonly stat: StatLayout;
}

/** The numbers of each processor architecture that the program runs on. */
export const MACHINE_LAYOUTS: Readonly<Record<typeof Deno.build.arch, MachineLayout>> = {
  x86_64: {
    openDirectory: 0o200000,
    openNoFollow: 0o400000,
    stat: {
      inode: 8,
      links: 16,
      mode: 24,
      uid: 28,
      gid: 32,
      device: 40,
      size: 48,
      blockSize: 56,
      blocks: 64,
      times: [72, 88, 104],
      length: 144,
    },
  },
  aarch64: {
    openDirectory: 0o40000,
    openNoFollow: 0o100000,
    stat: {
      inode: 8,
      mode: 16,
      links: 20,
      uid: 24,
      gid: 28,
      device: 32,
      size: 48,
      blockSize: 56,
      blocks: 64,
      times: [72, 88, 104],
      length: 128,
    },
  },
};

/** The numbers of this machine. */
export const machineLayout: MachineLayout = MACHINE_LAYOUTS[Deno.build.arch];
