const MAX_DISTINCT = 4096;

/** Counts the packets of a track by their duration. The memory that it takes does not grow with the file. */
export class PacketDurations {
  private counts = new Map<number, number>();
  private step = 1;
  private unstatedPackets = 0;

  /** @param units the duration in units of the track; rounded down */
  add(units: number, packets = 1): void {
    if (packets <= 0) return;
    this.count(Math.floor(units / this.step) * this.step, packets);
    while (this.counts.size > MAX_DISTINCT) this.coarsen();
  }

  /** Adds packets without a duration, such as the last one if the file states only when packets start. */
  addUnstated(packets: number): void {
    this.unstatedPackets += packets;
  }

  get unstated(): number {
    return this.unstatedPackets;
  }

  /** Pairs of a duration and the number of packets with it, shortest first. If a packet is cut, the number is a fraction. */
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
