import { assertEquals } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { unmetCondition } from "./conditions.ts";

const NONE = { acPower: false, mounted: [], reachable: [] };

async function supply(folder: string, name: string, files: Record<string, string>): Promise<void> {
  await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}/${file}`, `${text}\n`);
  }
}

Deno.test("a machine is on battery if its mains supply is away or its battery discharges", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const unmet = (name: string) =>
    unmetCondition({ ...NONE, acPower: true }, { powerSupplies: `${dir.path}/${name}` });
  await supply(`${dir.path}/desktop`, "hidpp0", {
    type: "Battery",
    scope: "Device",
    status: "Discharging",
  });
  await supply(`${dir.path}/plugged`, "AC", { type: "Mains", online: "1" });
  await supply(`${dir.path}/plugged`, "BAT0", { type: "Battery", status: "Discharging" });
  await supply(`${dir.path}/away`, "AC", { type: "Mains", online: "0" });
  await supply(`${dir.path}/away`, "BAT0", { type: "Battery", status: "Discharging" });
  await supply(`${dir.path}/tablet`, "usb", { type: "USB", online: "0" });
  await supply(`${dir.path}/tablet`, "BAT0", { type: "Battery", status: "Discharging" });
  const found = [];
  for (const name of ["none", "desktop", "plugged", "away", "tablet"]) {
    found.push(await unmet(name) === undefined);
  }
  assertEquals(found, [true, true, true, false, false]);
});

Deno.test("a condition wants a port that takes connections", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted = listener.accept().then((connection) => connection.close());
  assertEquals(await unmetCondition({ ...NONE, reachable: [`127.0.0.1:${port}`] }), undefined);
  await accepted;
  listener.close();
  assertEquals(
    await unmetCondition({ ...NONE, reachable: [`127.0.0.1:${port}`] }),
    `127.0.0.1:${port} cannot be reached`,
  );
});

Deno.test("a condition wants a folder on which something is mounted", async () => {
  await using dir = await TempDir.make("/dev/shm");
  assertEquals(await unmetCondition({ ...NONE, mounted: ["/proc", "/"] }), undefined);
  assertEquals(
    await unmetCondition({ ...NONE, mounted: ["/proc", dir.path] }),
    `nothing is mounted on "${dir.path}"`,
  );
});
