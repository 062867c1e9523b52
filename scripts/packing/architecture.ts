/** A processor architecture that packed executables are made for. */
export interface Architecture {
  /** As in names of files that are made. */
  readonly name: "x86_64" | "aarch64";
  /** Rust's name of the target. */
  readonly target: string;
  /** As in names of Debian's packages. */
  readonly debian: string;
  /** The npm package that holds the runtime. */
  readonly runtimePackage: string;
  /** File name of the loader. */
  readonly loader: string;
}

/** All architectures. */
export const ARCHITECTURES: readonly Architecture[] = [
  {
    name: "x86_64",
    target: "x86_64-unknown-linux-gnu",
    debian: "amd64",
    runtimePackage: "@deno/linux-x64-glibc",
    loader: "ld-linux-x86-64.so.2",
  },
  {
    name: "aarch64",
    target: "aarch64-unknown-linux-gnu",
    debian: "arm64",
    runtimePackage: "@deno/linux-arm64-glibc",
    loader: "ld-linux-aarch64.so.1",
  },
];

/** Whether programs of an architecture run here. */
export function isOwn({ name }: Architecture): boolean {
  return name === Deno.build.arch;
}
