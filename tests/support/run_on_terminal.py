#!/usr/bin/env python3
"""run_on_terminal.py PARTS COMMAND...: runs a command on a terminal of its own.

PARTS is a JSON list of texts, each typed after a prompt (": " at the end) has appeared. Prints the
transcript, and exits like the command."""
import json, os, pty, select, sys, time

# Seconds without any output after which it is hopeless.
PATIENCE = 120
parts = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
transcript = b""
answered = 0
deadline = time.monotonic() + PATIENCE
while time.monotonic() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        transcript += data
        deadline = time.monotonic() + PATIENCE
    if parts and transcript[answered:].endswith(b": "):
        answered = len(transcript)
        os.write(terminal, parts.pop(0).encode())
else:
    os.kill(pid, 9)
sys.stdout.buffer.write(transcript)
sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
