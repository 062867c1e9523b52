import { assertEquals } from "@std/assert";
import { eventually } from "./eventually.ts";
import type { TestServer } from "./test_server.ts";

/** Garbage collections of a server that begin, and then wait in the test of its access times. */
export class HeldCollections {
  readonly #server: TestServer;
  /** Lets them, and those that follow, go on. */
  readonly letGo: () => void;

  constructor(server: TestServer) {
    this.#server = server;
    const { chunks } = server.server.state.datastore("store1", "write").datastore;
    const touch = chunks.touch.bind(chunks);
    const { promise, resolve } = Promise.withResolvers<void>();
    chunks.touch = async (digest) => {
      await promise;
      return await touch(digest);
    };
    this.letGo = () => {
      chunks.touch = touch;
      resolve();
    };
  }

  /** Waits until the one that runs, with no other task beside it, has been told to stop. */
  async stopped(): Promise<void> {
    const { tasks } = this.#server.server.state;
    await eventually(() => {
      assertEquals(tasks.running.map(({ task }) => task.signal.aborted), [true]);
      return Promise.resolve();
    });
  }
}
