#!/usr/bin/env python3
"""type_on_terminal.py STEPS COMMAND...: types into a command on a terminal of 80 columns.

STEPS is a JSON list of [awaited, typed]: what has to appear since the last step (a text, or several
texts one after the other), and what is typed then. Prints the transcript, and exits like the command; it is killed if what is awaited
does not come for two minutes."""
import fcntl, json, os, pty, select, struct, sys, termios, time


def has_appeared(awaited, shown):
    for text in [awaited] if isinstance(awaited, str) else awaited:
        before, found, shown = shown.partition(text.encode())
        if not found:
            return False
    return True


steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
transcript = b""
answered = 0
last = time.monotonic()
while time.monotonic() < last + 120:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if ready:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            break
        if not data:
            break
        transcript += data
    if steps and has_appeared(steps[0][0], transcript[answered:]):
        answered = len(transcript)
        last = time.monotonic()
        os.write(terminal, steps.pop(0)[1].encode())
else:
    os.kill(pid, 9)
sys.stdout.buffer.write(transcript)
sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) & 255)
