/** The number of connections that one process opens. An app can provide its own; the defaults are those of the API. */
export class ProcessConnections {
  constructor(
    /** Used if DATABASE_POOL_SIZE is not set. */
    readonly defaultPoolSize = 10,
    /** Such as that of a worker's lock. */
    readonly besidesPool = 0,
  ) {}
}
