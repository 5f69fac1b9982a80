/** One machine: its audit number, and the numbers of system calls. */
interface Architecture {
  readonly audit: number;
  /** Numbers from here on are another interface of the same machine, under which every call has a second number. */
  readonly aliasesFrom: number | null;
  readonly denied: readonly number[];
  readonly clone: number;
}

/**
 * Denied, in this order:
 * - network: `socket`, `socketpair` (ffmpeg reads and writes files, so it needs no kind of socket, not even a local
 *   one), `io_uring_setup` (its ring opens sockets without a system call);
 * - other processes of the same user: `ptrace`, `process_vm_readv`, `process_vm_writev`, `pidfd_getfd`, and signals:
 *   `kill`, `tkill`, `tgkill`, `rt_sigqueueinfo`, `rt_tgsigqueueinfo`, `pidfd_send_signal`;
 * - what contained programs break out with: `unshare`, `setns`, `mount`, `bpf`, `perf_event_open`, `userfaultfd`,
 *   `keyctl`, `add_key`, `request_key`;
 * - new processes: `fork`, `vfork`, which arm64 does not have.
 * Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
 */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    aliasesFrom: 0x40000000,
    denied: [
      [41, 53, 425],
      [101, 310, 311, 438, 62, 200, 234, 129, 297, 424],
      [272, 308, 165, 321, 298, 323, 250, 248, 249],
      [57, 58],
    ].flat(),
    clone: 56,
  },
  arm64: {
    audit: 0xc00000b7,
    aliasesFrom: null,
    denied: [
      [198, 199, 425],
      [117, 270, 271, 438, 129, 130, 131, 138, 240, 424],
      [97, 268, 40, 280, 241, 282, 219, 217, 218],
    ].flat(),
    clone: 220,
  },
};

/** The flags of this call are in memory, which a filter cannot read. Without it, libraries make threads by `clone`. */
const CLONE3 = 435;
const CLONE_THREAD = 0x10000;

/** Classic BPF: load a word of `struct seccomp_data`, jump if equal, if greater or equal, if a bit is set; return. */
const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_BIT_SET = 0x45;
const RETURN = 0x06;
const CALL_NUMBER_OFFSET = 0;
const ARCHITECTURE_OFFSET = 4;
const FIRST_ARGUMENT_OFFSET = 16;
const ERROR = 0x00050000;
const EPERM = 1;
const ENOSYS = 38;
const ENDINGS = [
  ['allow', 0x7fff0000],
  ['deny', ERROR | EPERM],
  ['unknown', ERROR | ENOSYS],
] as const;
const INSTRUCTION_BYTES = 8;

type Ending = (typeof ENDINGS)[number][0];

interface Instruction {
  readonly code: number;
  readonly operand: number;
  /** The target of a jump; by default the next instruction. */
  readonly ifTrue?: Ending;
  readonly ifFalse?: Ending;
}

/**
 * Builds the filter that keeps a process off every network and off other processes, and lets it start none, as
 * `setpriv --seccomp-filter` takes it: classic BPF, 8 bytes for an instruction, little endian. A denied call fails with
 * EPERM.
 * @param architecture Node's name of it
 * @returns null where no filter is known
 */
export function systemCallFilter(architecture: string): Buffer | null {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return null;
  const { audit, aliasesFrom, denied, clone } = known;
  const instructions: Instruction[] = [
    // A 32-bit program numbers its calls differently.
    { code: LOAD, operand: ARCHITECTURE_OFFSET },
    { code: IF_EQUAL, operand: audit, ifFalse: 'deny' },
    { code: LOAD, operand: CALL_NUMBER_OFFSET },
    ...(aliasesFrom === null ? [] : [{ code: IF_AT_LEAST, operand: aliasesFrom, ifTrue: 'deny' } as const]),
    ...denied.map((operand) => ({ code: IF_EQUAL, operand, ifTrue: 'deny' }) as const),
    { code: IF_EQUAL, operand: CLONE3, ifTrue: 'unknown' },
    { code: IF_EQUAL, operand: clone, ifFalse: 'allow' },
    // Threads, but no processes.
    { code: LOAD, operand: FIRST_ARGUMENT_OFFSET },
    { code: IF_BIT_SET, operand: CLONE_THREAD, ifFalse: 'deny' },
  ];
  const endings = ENDINGS.map(([, operand]) => ({ code: RETURN, operand }));
  return Buffer.concat([
    ...instructions.map((instruction, at) => encode(instruction, instructions.length - at - 1)),
    ...endings.map((ending) => encode(ending, 0)),
  ]);
}

/** @param toEndings how many instructions the first ending is away */
function encode({ code, operand, ifTrue, ifFalse }: Instruction, toEndings: number): Buffer {
  const distance = (ending: Ending | undefined): number =>
    ending === undefined ? 0 : toEndings + ENDINGS.findIndex(([name]) => name === ending);
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(distance(ifTrue), 2);
  bytes.writeUInt8(distance(ifFalse), 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
