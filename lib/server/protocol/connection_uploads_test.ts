import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { IncomingBody } from "../../http/mod.ts";
import { BodyBudget } from "../memory/body_budget.ts";
import { ConnectionUploads } from "./connection_uploads.ts";

/** A body whose parts a test sends. */
class TestBody extends IncomingBody {
  override readonly lengthBytes = undefined;
  readonly #parts: (Uint8Array | undefined)[] = [];
  #wake: (() => void) | undefined;
  reads = 0;
  isHeldUp = false;

  send(...parts: (Uint8Array | undefined)[]): this {
    this.#parts.push(...parts);
    this.#wake?.();
    return this;
  }

  override get heldUp(): boolean {
    return this.isHeldUp;
  }

  override async read(): Promise<Uint8Array | undefined> {
    this.reads++;
    while (this.#parts.length === 0) await new Promise<void>((wake) => this.#wake = wake);
    return this.#parts.shift();
  }

  override cancel(): void {}
}

const part = (length: number, value = 1) => new Uint8Array(length).fill(value);

Deno.test("a body is put together from its parts, and must be as long as announced", async () => {
  const budget = new BodyBudget(1 << 20);
  const uploads = new ConnectionUploads(budget);
  {
    const body = new TestBody().send(part(3), part(2, 2), undefined);
    using upload = await uploads.read(body, 5);
    assertEquals(upload.bytes, new Uint8Array([1, 1, 1, 2, 2]));
    assert(budget.usedBytes > 0);
  }
  assertEquals(budget.usedBytes, 0);
  for (const length of [4, 6]) {
    const body = new TestBody().send(part(length), undefined);
    await assertRejects(
      () => uploads.read(body, 5, (got) => new Error(`got ${got}`)),
      Error,
      "got",
    );
  }
  assertEquals(budget.usedBytes, 0);
});

Deno.test("while the budget is used up a connection reads one body, and then the next", async () => {
  const budget = new BodyBudget(100);
  const uploads = new ConnectionUploads(budget);
  const [first, second] = [new TestBody(), new TestBody()];
  const one = uploads.read(first, 100);
  const two = uploads.read(second.send(part(100), undefined), 100);
  await delay(0);
  assertEquals([first.reads, second.reads], [1, 0]);
  first.send(part(100), undefined);
  (await one)[Symbol.dispose]();
  (await two)[Symbol.dispose]();
  assertEquals(budget.usedBytes, 0);
});

Deno.test("a body that is held up by others lets them be read", async () => {
  const budget = new BodyBudget(100);
  const uploads = new ConnectionUploads(budget);
  const starving = new TestBody();
  starving.isHeldUp = true;
  const one = uploads.read(starving, 100);
  using other = await uploads.read(new TestBody().send(part(50), undefined), 50);
  assertEquals(other.bytes.length, 50);
  starving.send(part(100), undefined);
  (await one)[Symbol.dispose]();
});

Deno.test("bodies are read in the order of their requests", async () => {
  const budget = new BodyBudget(100);
  const uploads = new ConnectionUploads(budget);
  const order: number[] = [];
  const read = async (number: number) => {
    const body = new TestBody().send(part(100), undefined);
    using _upload = await uploads.read(body, 100);
    order.push(number);
  };
  const blocker = await uploads.read(new TestBody().send(part(100), undefined), 100);
  const waiting = [read(0), read(1)];
  await delay(0);
  blocker[Symbol.dispose]();
  // There is room, and those that wait are not awake yet.
  waiting.push(read(2));
  await Promise.all(waiting);
  assertEquals(order, [0, 1, 2]);
});
