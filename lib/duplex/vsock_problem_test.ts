import { assertEquals, assertMatch } from "@std/assert";
import { vsockProblem } from "./_vsock_problem.ts";

const problem = (cid: number, port: number, number: number) =>
  vsockProblem({ cid, port }, new Error(`what it is called (os error ${number})`));

Deno.test("what is wrong with vsock is said in words that lead on", () => {
  assertMatch(problem(1, 8007, 97), /^the kernel has no vsock\..*modprobe vsock_loopback/);
  assertMatch(problem(2, 8007, 97), /modprobe vmw_vsock_virtio_transport/);
  assertMatch(problem(1, 8007, 19), /^no way leads to this machine \(context id 1\)/);
  assertMatch(problem(2, 8007, 101), /^no way leads to the host \(context id 2\)/);
  assertMatch(problem(7, 8007, 19), /virtual machine with context id 7.*modprobe vhost_vsock/);
  assertEquals(problem(2, 8007, 104), "nothing listens on this port of the host (context id 2)");
  assertEquals(problem(2, 8007, 111), problem(2, 8007, 104));
  assertMatch(problem(1, 8007, 110), /^no answer\..*modprobe vsock_loopback/);
  assertMatch(problem(7, 8007, 110), /^no answer\. .*virtual machine with context id 7/);
  assertEquals(problem(1, 807, 13), "ports below 1024 are for root (CAP_NET_BIND_SERVICE)");
  assertEquals(problem(1, 8007, 98), "the port is in use");
});

Deno.test("what nobody has thought of is said as the system says it", () => {
  assertEquals(problem(1, 8007, 13), "what it is called (os error 13)");
  assertEquals(problem(1, 8007, 5), "what it is called (os error 5)");
  assertEquals(vsockProblem({ cid: 1, port: 2 }, "no error"), "no error");
});
