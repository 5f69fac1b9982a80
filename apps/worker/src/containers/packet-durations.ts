const MAX_DISTINCT = 4096;

/** How many packets of a track last how long, in memory that does not grow with the file. */
export class PacketDurations {
  private counts = new Map<number, number>();
  private step = 1;
  private unstatedPackets = 0;

  /** @param units a time in whatever unit the track counts in; rounded down */
  add(units: number, packets = 1): void {
    if (packets <= 0) return;
    this.count(Math.floor(units / this.step) * this.step, packets);
    while (this.counts.size > MAX_DISTINCT) this.coarsen();
  }

  /** Packets without a time of their own, such as the last one where times only say when packets begin. */
  addUnstated(packets: number): void {
    this.unstatedPackets += packets;
  }

  get unstated(): number {
    return this.unstatedPackets;
  }

  /** Pairs of a duration and how many packets have it, the shortest first. A cut makes parts of packets. */
  get sorted(): readonly (readonly [units: number, packets: number])[] {
    return [...this.counts].toSorted(([a], [b]) => a - b);
  }

  private count(units: number, packets: number): void {
    this.counts.set(units, (this.counts.get(units) ?? 0) + packets);
  }

  private coarsen(): void {
    const finer = this.counts;
    this.counts = new Map();
    this.step *= 2;
    for (const [units, packets] of finer) this.count(Math.floor(units / this.step) * this.step, packets);
  }
}
