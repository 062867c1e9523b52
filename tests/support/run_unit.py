"""run_unit.py SOCKET COMMAND...: starts a service's process and prints what it tells the service manager."""
import os, select, socket, sys
path, command = sys.argv[1], sys.argv[2:]
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind(path)
pid = os.fork()
if pid == 0:
    os.environ["NOTIFY_SOCKET"] = path
    os.environ["SYSTEMD_EXEC_PID"] = str(os.getpid())
    os.dup2(2, 1)
    os.execvp(command[0], command)
code = None
while True:
    if select.select([listening], [], [], 0.05)[0]:
        print(listening.recv(65536).decode(), flush=True)
        continue
    if code is not None:
        break
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
