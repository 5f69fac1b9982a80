import { describe, expect, it } from 'vitest';
import { systemCallFilter } from './seccomp-filter.js';

const ALLOWED = 0x7fff0000;
const FAIL_WITH_EPERM = 0x00050001;
const UNKNOWN_CALL = 0x00050026;
const X86_64 = 0xc000003e;
const I386 = 0x40000003;
const AARCH64 = 0xc00000b7;
const ARM = 0x40000028;

/** Runs the filter as the kernel does, and returns its answer to a call. */
function answer(filter: Buffer, call: { number: number; architecture: number; flags?: number }): number {
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const operand = filter.readUInt32LE(at + 4);
    const jump = (isTaken: boolean): void => void (at += 8 * filter.readUInt8(isTaken ? at + 2 : at + 3));
    switch (filter.readUInt16LE(at)) {
      case 0x20:
        accumulator = { 0: call.number, 4: call.architecture, 16: call.flags ?? 0 }[operand] ?? NaN;
        break;
      case 0x15:
        jump(accumulator === operand);
        break;
      case 0x35:
        jump(accumulator >= operand);
        break;
      case 0x45:
        jump((accumulator & operand) !== 0);
        break;
      case 0x06:
        return operand;
      default:
        throw new Error(`unknown instruction at ${at}`);
    }
  }
  throw new Error('the filter has no end');
}

/** The flags with which the C library creates a thread and a process. */
const THREAD_FLAGS = 0x3d0f00;
const PROCESS_FLAGS = 0x1200011;

describe.each([
  {
    node: 'x64',
    architecture: X86_64,
    other: I386,
    rejected: {
      socket: 41,
      socketpair: 53,
      ptrace: 101,
      process_vm_readv: 310,
      process_vm_writev: 311,
      kill: 62,
      tgkill: 234,
      unshare: 272,
      fork: 57,
      vfork: 58,
    },
    clone: 56,
    allowed: { read: 0, openat: 257, mmap: 9, execve: 59, exit_group: 231 },
  },
  {
    node: 'arm64',
    architecture: AARCH64,
    other: ARM,
    rejected: {
      socket: 198,
      socketpair: 199,
      ptrace: 117,
      process_vm_readv: 270,
      process_vm_writev: 271,
      kill: 129,
      tgkill: 131,
      unshare: 97,
    },
    clone: 220,
    allowed: { read: 63, openat: 56, mmap: 222, execve: 221, exit_group: 94 },
  },
])('the filter of $node', ({ node, architecture, other, rejected, allowed, clone }) => {
  const filter = systemCallFilter(node) ?? Buffer.alloc(0);

  it.each(Object.entries({ ...rejected, io_uring_setup: 425, pidfd_getfd: 438 }))('rejects %s', (_, number) => {
    expect(answer(filter, { number, architecture })).toBe(FAIL_WITH_EPERM);
  });

  it.each(Object.entries(allowed))('allows %s', (_, number) => {
    expect(answer(filter, { number, architecture })).toBe(ALLOWED);
  });

  it('allows threads, but no processes', () => {
    expect(answer(filter, { number: clone, architecture, flags: THREAD_FLAGS })).toBe(ALLOWED);
    expect(answer(filter, { number: clone, architecture, flags: PROCESS_FLAGS })).toBe(FAIL_WITH_EPERM);
    expect(answer(filter, { number: clone, architecture, flags: 0 })).toBe(FAIL_WITH_EPERM);
  });

  it('says that clone3 does not exist, so that threads are made by clone', () => {
    expect(answer(filter, { number: 435, architecture })).toBe(UNKNOWN_CALL);
  });

  it('rejects every call of a 32-bit program', () => {
    expect(answer(filter, { number: allowed.read, architecture: other })).toBe(FAIL_WITH_EPERM);
  });
});

it('on x64 no call has a second number', () => {
  const filter = systemCallFilter('x64') ?? Buffer.alloc(0);
  expect(answer(filter, { number: 0x40000000, architecture: X86_64 })).toBe(FAIL_WITH_EPERM);
  expect(answer(filter, { number: 0x40000000 + 41, architecture: X86_64 })).toBe(FAIL_WITH_EPERM);
});

it('there is none for a machine whose numbers are not known', () => {
  expect(systemCallFilter('riscv64')).toBeNull();
});
