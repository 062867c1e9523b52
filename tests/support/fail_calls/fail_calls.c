// Runs a command, writes down the system calls it makes below some folders and on TCP sockets, and
// lets chosen ones of them fail. It sees the calls through the kernel's seccomp notification, so that
// it does not matter which library or thread makes them, nor whether it asks the C library at all.
//
//   fail_calls [--log FILE] [--under FOLDER]... [--control FIFO] [--rule RULE]... -- COMMAND [ARG]...
//
// A RULE is `CALL ERRNO NTH GLOB`: the NTH such call on a path that the glob matches fails once with
// the error number. Lines of the FIFO are rules too; `clear` drops all of them.
// The log has a line `CALL<tab>PATH` for each call while there is no rule, `!CALL<tab>PATH<tab>ERRNO`
// for one that was made to fail, and `=` for what came through the FIFO.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 8192
#define UNDER_MAX 16
#define RULES_MAX 64

// Where a call has the file it works on: numbers of arguments, or NONE.
enum { NONE = -1 };
struct call {
  int number;
  const char *name;
  int descriptor, path;
};

// A rename or link is one of its new name. A path without a descriptor is relative to the folder that
// the process is in.
static const struct call CALLS[] = {
#ifdef SYS_open
    {SYS_open, "open", NONE, 0},
    {SYS_creat, "creat", NONE, 0},
    {SYS_stat, "stat", NONE, 0},
    {SYS_lstat, "lstat", NONE, 0},
    {SYS_access, "access", NONE, 0},
    {SYS_readlink, "readlink", NONE, 0},
    {SYS_mkdir, "mkdir", NONE, 0},
    {SYS_rmdir, "rmdir", NONE, 0},
    {SYS_unlink, "unlink", NONE, 0},
    {SYS_rename, "rename", NONE, 1},
    {SYS_link, "link", NONE, 1},
    {SYS_symlink, "symlink", NONE, 1},
    {SYS_mknod, "mknod", NONE, 0},
    {SYS_chmod, "chmod", NONE, 0},
    {SYS_chown, "chown", NONE, 0},
    {SYS_lchown, "lchown", NONE, 0},
    {SYS_getdents, "getdents", 0, NONE},
#endif
    {SYS_openat, "openat", 0, 1},
    {SYS_openat2, "openat2", 0, 1},
    {SYS_newfstatat, "newfstatat", 0, 1},
    {SYS_statx, "statx", 0, 1},
    {SYS_fstat, "fstat", 0, NONE},
    {SYS_statfs, "statfs", NONE, 0},
    {SYS_fstatfs, "fstatfs", 0, NONE},
    {SYS_faccessat, "faccessat", 0, 1},
    {SYS_readlinkat, "readlinkat", 0, 1},
    {SYS_getdents64, "getdents64", 0, NONE},
    {SYS_lseek, "lseek", 0, NONE},
    {SYS_read, "read", 0, NONE},
    {SYS_readv, "readv", 0, NONE},
    {SYS_pread64, "pread64", 0, NONE},
    {SYS_preadv, "preadv", 0, NONE},
    {SYS_write, "write", 0, NONE},
    {SYS_writev, "writev", 0, NONE},
    {SYS_pwrite64, "pwrite64", 0, NONE},
    {SYS_pwritev, "pwritev", 0, NONE},
    {SYS_copy_file_range, "copy_file_range", 2, NONE},
    {SYS_sendfile, "sendfile", 0, NONE},
    {SYS_mmap, "mmap", 4, NONE},
    {SYS_fsync, "fsync", 0, NONE},
    {SYS_fdatasync, "fdatasync", 0, NONE},
    {SYS_syncfs, "syncfs", 0, NONE},
    {SYS_ftruncate, "ftruncate", 0, NONE},
    {SYS_truncate, "truncate", NONE, 0},
    {SYS_fallocate, "fallocate", 0, NONE},
    {SYS_close, "close", 0, NONE},
    {SYS_mkdirat, "mkdirat", 0, 1},
    {SYS_unlinkat, "unlinkat", 0, 1},
    {SYS_renameat, "renameat", 2, 3},
    {SYS_renameat2, "renameat2", 2, 3},
    {SYS_linkat, "linkat", 2, 3},
    {SYS_symlinkat, "symlinkat", 1, 2},
    {SYS_mknodat, "mknodat", 0, 1},
    {SYS_fchmod, "fchmod", 0, NONE},
    {SYS_fchmodat, "fchmodat", 0, 1},
    {SYS_fchown, "fchown", 0, NONE},
    {SYS_fchownat, "fchownat", 0, 1},
    {SYS_utimensat, "utimensat", 0, 1},
    {SYS_flock, "flock", 0, NONE},
    {SYS_fcntl, "fcntl", 0, NONE},
    {SYS_ioctl, "ioctl", 0, NONE},
    {SYS_getxattr, "getxattr", NONE, 0},
    {SYS_lgetxattr, "lgetxattr", NONE, 0},
    {SYS_fgetxattr, "fgetxattr", 0, NONE},
    {SYS_setxattr, "setxattr", NONE, 0},
    {SYS_lsetxattr, "lsetxattr", NONE, 0},
    {SYS_fsetxattr, "fsetxattr", 0, NONE},
    {SYS_listxattr, "listxattr", NONE, 0},
    {SYS_llistxattr, "llistxattr", NONE, 0},
    {SYS_flistxattr, "flistxattr", 0, NONE},
    {SYS_removexattr, "removexattr", NONE, 0},
    {SYS_lremovexattr, "lremovexattr", NONE, 0},
    {SYS_fremovexattr, "fremovexattr", 0, NONE},
    {SYS_accept4, "accept4", 0, NONE},
    {SYS_connect, "connect", 0, NONE},
    {SYS_recvfrom, "recvfrom", 0, NONE},
    {SYS_sendto, "sendto", 0, NONE},
};
#define CALL_COUNT (sizeof CALLS / sizeof CALLS[0])

struct rule {
  char call[32], glob[PATH_BYTES];
  int error, nth, seen;
};

static const char *under[UNDER_MAX];
static int under_count, rule_count;
static struct rule rules[RULES_MAX];
static FILE *log_file;

static void die(const char *what) {
  fprintf(stderr, "fail_calls: %s: %s\n", what, strerror(errno));
  exit(125);
}

static void add_rule(const char *text) {
  struct rule *rule = &rules[rule_count];
  if (strcmp(text, "clear") == 0) {
    rule_count = 0;
    return;
  }
  if (rule_count == RULES_MAX ||
      sscanf(text, "%31s %d %d %8191[^\n]", rule->call, &rule->error, &rule->nth, rule->glob) != 4) {
    fprintf(stderr, "fail_calls: bad rule \"%s\"\n", text);
    exit(125);
  }
  rule->seen = 0;
  rule_count++;
}

// The filter asks the supervisor about the listed calls and lets all others pass. It goes out through
// `channel`, as only the process that is to be watched can make it.
static void install_filter(int channel) {
  struct sock_filter code[CALL_COUNT + 4];
  size_t at = 0;
  code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (size_t i = 0; i < CALL_COUNT; i++) {
    size_t left = CALL_COUNT - i;
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALLS[i].number, left, 0);
  }
  code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  struct sock_fprog program = {.len = at, .filter = code};
  if (geteuid() != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("prctl");
  int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0) die("seccomp");
  char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 0;
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &listener, sizeof(int));
  if (sendmsg(channel, &message, 0) < 0) die("sendmsg");
  fcntl(listener, F_SETFD, FD_CLOEXEC);
}

static int receive_listener(int channel) {
  char control[CMSG_SPACE(sizeof(int))], byte;
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) <= 0) return -1;
  int listener;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL) return -1;
  memcpy(&listener, CMSG_DATA(header), sizeof(int));
  return listener;
}

static int read_link_of(pid_t pid, const char *what, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/%d/%s", pid, what);
  ssize_t length = readlink(link, path, PATH_BYTES - 1);
  path[length < 0 ? 0 : length] = 0;
  return length > 0;
}

// Whether a descriptor is a TCP connection or listens for one; runtimes have other sockets for themselves.
static int is_tcp(pid_t pid, int descriptor) {
  int process = syscall(SYS_pidfd_open, pid, 0);
  if (process < 0 && errno == EINVAL) {
    // The thread is not the first one of its process.
    process = syscall(SYS_pidfd_open, pid, O_EXCL);
  }
  if (process < 0) return 0;
  int copy = syscall(SYS_pidfd_getfd, process, descriptor, 0);
  close(process);
  if (copy < 0) return 0;
  struct sockaddr_storage address = {0};
  socklen_t length = sizeof address;
  int family = getsockname(copy, (struct sockaddr *)&address, &length) == 0 ? address.ss_family : 0;
  close(copy);
  return family == AF_INET || family == AF_INET6;
}

// Reads page by page, as the page behind a short path may not be there.
static int read_text(pid_t pid, unsigned long address, char *text, size_t size) {
  size_t length = 0;
  if (address == 0) return 0;
  while (length < size) {
    size_t step = 4096 - (address + length) % 4096;
    if (step > size - length) step = size - length;
    struct iovec here = {text + length, step}, there = {(void *)(address + length), step};
    ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
    if (got <= 0) return 0;
    if (memchr(text + length, 0, got)) return 1;
    length += got;
  }
  return 0;
}

// The path that a call works on, or `tcp`. Returns whether there is one.
static int path_of(const struct seccomp_notif *request, const struct call *call, char *path) {
  char name[PATH_BYTES] = "", folder[64] = "cwd", base[PATH_BYTES];
  const __u64 *arguments = request->data.args;
  int descriptor = call->descriptor == NONE ? AT_FDCWD : (int)arguments[call->descriptor];
  if (call->path != NONE) read_text(request->pid, arguments[call->path], name, sizeof name);
  if (name[0] == '/') {
    strcpy(path, name);
    return 1;
  }
  if (descriptor != AT_FDCWD) snprintf(folder, sizeof folder, "fd/%d", descriptor);
  else if (call->path == NONE) return 0;
  if (!read_link_of(request->pid, folder, base)) return 0;
  if (strncmp(base, "socket:", 7) == 0) {
    if (!is_tcp(request->pid, descriptor)) return 0;
    strcpy(path, "tcp");
    return 1;
  }
  snprintf(path, PATH_BYTES, name[0] ? "%s/%s" : "%s", base, name);
  return 1;
}

static int is_watched(const char *path) {
  if (strcmp(path, "tcp") == 0) return 1;
  for (int i = 0; i < under_count; i++) {
    size_t length = strlen(under[i]);
    if (strncmp(path, under[i], length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
  }
  return 0;
}

static int is_regular_file(pid_t pid, int descriptor) {
  char link[64];
  struct stat status;
  snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, descriptor);
  return stat(link, &status) == 0 && S_ISREG(status.st_mode);
}

// Calls that do quite different things have names of their own.
static const char *name_of(const struct seccomp_notif *request, const struct call *call) {
  const __u64 *arguments = request->data.args;
  if (call->number == SYS_openat) {
    int flags = arguments[2];
    if (flags & O_CREAT) return "openat-create";
    if (flags & O_DIRECTORY) return "openat-directory";
    return (flags & O_ACCMODE) == O_RDONLY ? "openat" : "openat-write";
  }
  if (call->number == SYS_close && !is_regular_file(request->pid, arguments[0])) {
    // No file system has anything to say when a directory is closed, nor the network of a connection.
    return NULL;
  }
  if (call->number == SYS_fcntl) {
    int command = arguments[1];
    int locks = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
    return locks ? "fcntl-lock" : NULL;
  }
  return call->name;
}

static int error_for(const char *name, const char *path) {
  for (int i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    if (strcmp(rule->call, name) != 0 || fnmatch(rule->glob, path, FNM_PATHNAME) != 0) continue;
    if (++rule->seen == rule->nth) return rule->error;
  }
  return 0;
}

// A `close` that fails has closed nevertheless: an empty file takes the place of what was open.
static void close_for(int listener, const struct seccomp_notif *request) {
  int empty = open("/dev/null", O_RDWR | O_CLOEXEC);
  struct seccomp_notif_addfd add = {.id = request->id, .flags = SECCOMP_ADDFD_FLAG_SETFD, .srcfd = empty,
                                    .newfd = request->data.args[0], .newfd_flags = O_CLOEXEC};
  ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
  close(empty);
}

static void answer(int listener) {
  struct seccomp_notif request = {0};
  struct seccomp_notif_resp response = {0};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return;
  const struct call *call = CALLS;
  while (call->number != request.data.nr) call++;
  static char path[PATH_BYTES];
  const char *name = name_of(&request, call);
  response.id = request.id;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  if (name != NULL && path_of(&request, call, path) && is_watched(path)) {
    int error = error_for(name, path);
    if (error != 0) {
      if (call->number == SYS_close) close_for(listener, &request);
      response.flags = 0;
      response.error = -error;
      if (log_file) fprintf(log_file, "!%s\t%s\t%d\n", name, path, error);
    } else if (log_file && rule_count == 0) {
      fprintf(log_file, "%s\t%s\n", name, path);
    }
    if (log_file && error != 0) fflush(log_file);
  }
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void read_control(int control) {
  static char text[PATH_BYTES * 2];
  static size_t length;
  ssize_t got = read(control, text + length, sizeof text - 1 - length);
  if (got <= 0) return;
  length += got;
  text[length] = 0;
  char *line = text, *end;
  while ((end = strchr(line, '\n'))) {
    *end = 0;
    add_rule(line);
    line = end + 1;
  }
  length = strlen(line);
  memmove(text, line, length);
  if (log_file) {
    fputs("=\n", log_file);
    fflush(log_file);
  }
}

int main(int count, char **arguments) {
  int control = -1, at = 1;
  for (; at + 1 < count && strcmp(arguments[at], "--") != 0; at += 2) {
    const char *option = arguments[at], *value = arguments[at + 1];
    if (strcmp(option, "--log") == 0) {
      if (!(log_file = fopen(value, "we"))) die(value);
    } else if (strcmp(option, "--under") == 0 && under_count < UNDER_MAX) {
      under[under_count++] = value;
    } else if (strcmp(option, "--control") == 0) {
      if ((control = open(value, O_RDWR | O_CLOEXEC | O_NONBLOCK)) < 0) die(value);
    } else if (strcmp(option, "--rule") == 0) {
      add_rule(value);
    } else {
      fprintf(stderr, "fail_calls: unknown option %s\n", option);
      return 125;
    }
  }
  if (at + 1 >= count) return 125;

  int channel[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) die("socketpair");
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, &before);
  pid_t child = fork();
  if (child < 0) die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    install_filter(channel[1]);
    execvp(arguments[at + 1], arguments + at + 1);
    die(arguments[at + 1]);
  }
  close(channel[1]);
  int listener = receive_listener(channel[0]);
  if (listener < 0) {
    waitpid(child, NULL, 0);
    return 125;
  }
  struct pollfd watched[] = {
      {signalfd(-1, &signals, SFD_CLOEXEC), POLLIN, 0}, {listener, POLLIN, 0}, {control, POLLIN, 0}};
  for (;;) {
    if (poll(watched, 3, -1) < 0 && errno != EINTR) die("poll");
    if (watched[2].revents & POLLIN) read_control(control);
    if (watched[1].revents & POLLIN) answer(listener);
    if (watched[1].revents & (POLLHUP | POLLERR)) watched[1].fd = -1;
    if (!(watched[0].revents & POLLIN)) continue;
    struct signalfd_siginfo signal;
    if (read(watched[0].fd, &signal, sizeof signal) != sizeof signal) continue;
    int status;
    if (signal.ssi_signo != SIGCHLD) {
      kill(child, signal.ssi_signo);
    } else if (waitpid(child, &status, WNOHANG) == child) {
      if (log_file) fclose(log_file);
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      // As the command ended, so does this program.
      sigprocmask(SIG_SETMASK, &before, NULL);
      raise(WTERMSIG(status));
      return 125;
    }
  }
}
