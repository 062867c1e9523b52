#!/usr/bin/env python3
"""run_on_sized_terminal.py SIZES COMMAND...: runs a command on a terminal that changes its width.

SIZES is a JSON list of [columns, bytes]: the width that the terminal has from the moment at which that
many bytes of output were read. Prints a JSON list of [columns, text] with what came at each width, and
exits like the command."""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

# Seconds without any output after which it is hopeless.
PATIENCE = 120
sizes = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    # Not before the terminal has its size.
    os.read(0, 1)
    os.execvp(sys.argv[2], sys.argv[2:])


def resize(columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


parts = []
total = 0
resize(sizes[0][0])
attributes = termios.tcgetattr(terminal)
attributes[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, attributes)
os.write(terminal, b"\n")
current = 0
parts.append([sizes[0][0], b""])
deadline = time.monotonic() + PATIENCE
while time.monotonic() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if not ready:
        continue
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    deadline = time.monotonic() + PATIENCE
    parts[-1][1] += data
    total += len(data)
    while current + 1 < len(sizes) and total >= sizes[current + 1][1]:
        current += 1
        resize(sizes[current][0])
        parts.append([sizes[current][0], b""])
else:
    os.kill(pid, signal.SIGKILL)
print(json.dumps([[columns, text.decode(errors="replace")] for columns, text in parts]))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
