/** What the kernel is told about one machine: its audit number, and the numbers of the refused system calls. */
interface Architecture {
  readonly audit: number;
  /** Numbers from here on are another interface of the same machine, under which every call has a second number. */
  readonly aliasesFrom: number | null;
  readonly refused: readonly number[];
}

/**
 * Refused: `socket` and `socketpair` (ffmpeg reads and writes files, so it needs no kind of socket, not even a local
 * one), `io_uring_setup` (its ring opens sockets without a system call), and what would make another process of the
 * same user do it: `ptrace`, `process_vm_readv`, `process_vm_writev`, `pidfd_getfd`.
 * Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux, in that order.
 */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { audit: 0xc000003e, aliasesFrom: 0x40000000, refused: [41, 53, 425, 101, 310, 311, 438] },
  arm64: { audit: 0xc00000b7, aliasesFrom: null, refused: [198, 199, 425, 117, 270, 271, 438] },
};

/** Classic BPF: load a word of `struct seccomp_data`, jump if equal, jump if greater or equal, return. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const CALL_NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const ALLOW = 0x7fff0000;
const EPERM = 1;
const REFUSE = 0x00050000 | EPERM;
const INSTRUCTION_BYTES = 8;

interface Instruction {
  readonly code: number;
  readonly operand: number;
  /** Where a jump goes; without it, on to the next. */
  readonly ifTrue?: 'refuse';
  readonly ifFalse?: 'refuse';
}

/**
 * The filter that keeps a process and its children off every network, as `setpriv --seccomp-filter` takes it: classic
 * BPF, 8 bytes for an instruction, little endian. A refused call fails with EPERM.
 * @param architecture Node's name of it
 * @returns null where no filter is known
 */
export function networkFilter(architecture: string): Buffer | null {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return null;
  const { audit, aliasesFrom, refused } = known;
  const instructions: Instruction[] = [
    // A 32-bit program counts its calls otherwise.
    { code: LOAD, operand: ARCHITECTURE_OFFSET },
    { code: IF_EQUAL, operand: audit, ifFalse: 'refuse' },
    { code: LOAD, operand: CALL_NUMBER_OFFSET },
    ...(aliasesFrom === null ? [] : [{ code: IF_AT_LEAST, operand: aliasesFrom, ifTrue: 'refuse' } as const]),
    ...refused.map((operand) => ({ code: IF_EQUAL, operand, ifTrue: 'refuse' }) as const),
    { code: RETURN, operand: ALLOW },
    { code: RETURN, operand: REFUSE },
  ];
  return Buffer.concat(instructions.map((instruction, at) => encode(instruction, instructions.length - at - 2)));
}

/** @param toRefusal how many instructions the last one is away */
function encode({ code, operand, ifTrue, ifFalse }: Instruction, toRefusal: number): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue === undefined ? 0 : toRefusal, 2);
  bytes.writeUInt8(ifFalse === undefined ? 0 : toRefusal, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
