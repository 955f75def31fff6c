// Where the replicas of each service listen. A replica says so itself (Redis) or the platform knows it (DNS);
// whoever calls a service asks here each time, and is answered from memory.

export interface Discovery {
  /** Base URLs, such as http://10.0.0.7:4001, in no particular order; empty when none is known. */
  replicasOf(service: string): readonly string[];
  /** Tells all others that a replica listens at the URL, from now until it leaves or its process dies. */
  announce(service: string, url: string): Promise<Announcement>;
  close(): Promise<void>;
}

export interface Announcement {
  /** From now on nobody who asks anew is told of this replica. */
  leave(): Promise<void>;
}
