import { cpioArchive, type CpioEntry } from "./cpio_archive.ts";
import { guestKernel } from "./guest_kernel.ts";

/** A step that a guest has reported. */
export interface GuestStep {
  readonly name: string;
  readonly code: number;
  /** Since the start of its kernel. */
  readonly uptimeSeconds: number;
  /** All that the step has printed. */
  readonly output: string;
}

/** Options of a guest. */
export interface GuestOptions {
  /** Everything in its root. `/init` is started. */
  readonly files: readonly CpioEntry[];
  /** Disks of virtio, read-only. */
  readonly disks?: readonly { readonly serial: string; readonly path: string }[];
  readonly memoryMegabytes: number;
  /** Time for all of it, after which it is switched off. */
  readonly timeoutMs: number;
}

/**
 * Starts a virtual machine under software emulation, without network, and waits until it has
 * switched itself off. Its second serial line is for reports: `#NAME CODE UPTIME` behind the
 * output of a step.
 *
 * @throws {Error} with the end of its console if it did not switch itself off in time.
 */
export async function runGuest(
  { files, disks = [], memoryMegabytes, timeoutMs }: GuestOptions,
): Promise<{ readonly steps: GuestStep[]; readonly console: string }> {
  const kernel = await guestKernel();
  const folder = await Deno.makeTempDir();
  try {
    const image = `${folder}/initramfs`;
    await Deno.writeFile(image, new Blob(cpioArchive(files)).stream());
    const signal = AbortSignal.timeout(timeoutMs);
    const machine = new Deno.Command("qemu-system-x86_64", {
      args: [
        ...["-accel", "tcg", "-cpu", "max", "-smp", "2", "-m", String(memoryMegabytes)],
        ...["-nodefaults", "-nographic", "-no-reboot", "-rtc", "base=utc"],
        ...["-serial", `file:${folder}/console`, "-serial", `file:${folder}/report`],
        ...disks.flatMap(({ serial, path }, index) => [
          ...["-drive", `file=${path},format=raw,if=none,readonly=on,id=disk${index}`],
          ...["-device", `virtio-blk-pci,drive=disk${index},serial=${serial}`],
        ]),
        ...["-kernel", kernel.path, "-initrd", image],
        ...["-append", "console=ttyS0 quiet panic=-1"],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal,
    }).spawn();
    const { code, stderr } = await machine.output();
    const read = async (name: string) =>
      await Deno.readTextFile(`${folder}/${name}`).catch(() => "");
    const console = await read("console");
    const steps = parseReport((await read("report")).replaceAll("\r", ""));
    if (code !== 0 || signal.aborted) {
      const reason = signal.aborted ? `not done in ${timeoutMs} ms` : `ended with ${code}`;
      throw new Error(
        `the virtual machine: ${reason}\n${new TextDecoder().decode(stderr)}` +
          `steps: ${JSON.stringify(steps, null, 2)}\nconsole: ${console.slice(-4000)}`,
      );
    }
    return { steps, console };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function parseReport(text: string): GuestStep[] {
  const steps: GuestStep[] = [];
  let output = "";
  for (const line of text.split("\n")) {
    const [, name, code, uptime] = /^#(\S+) (\d+) ([\d.]+)$/.exec(line) ?? [];
    if (name === undefined) output += `${line}\n`;
    else {
      steps.push({ name, code: Number(code), uptimeSeconds: Number(uptime), output });
      output = "";
    }
  }
  return steps;
}
