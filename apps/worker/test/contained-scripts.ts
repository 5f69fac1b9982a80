/**
 * Perl scripts that print what they could do, and `end`. Numbers of system calls are those of x64.
 */

/** Starts a process by `clone`, as the C library does, and by `fork`; signals the process that started it. */
export const OTHER_PROCESSES = `
  # Else the child of the bare system call prints what the parent has buffered, before or after it.
  $| = 1;
  for my $call (0, 1) {
    my $pid = $call ? syscall(57) : fork;
    exit 0 if defined $pid && $pid == 0;
    print "process $call\\n" if defined $pid && $pid > 0 || !$!{EPERM};
  }
  print "signal 0\\n" if kill(0, getppid) || !$!{EPERM};
  print "end\\n"`;

/** Opens UNIX, INET, INET6, NETLINK and PACKET sockets; then socketpair, io_uring_setup and pidfd_getfd. */
export const SOCKETS = `
        for my $family (1, 2, 10, 16, 17) {
          for my $type (1, 2, 3) { print "socket $family $type\\n" if socket(my $socket, $family, $type, 0) || !$!{EPERM} }
        }
        print "socketpair\\n" if socketpair(my $one, my $other, 1, 1, 0) || !$!{EPERM};
        for my $call (425, 438) { print "call $call\\n" if syscall($call, 1, 0, 0) >= 0 || !$!{EPERM} }
        print "end\\n"`;
