// All replicas of a bank on this machine: started together, added, removed and replaced one by one, ended together.
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import type { Replica } from './replica.ts';
import { faultOf } from './start-fault.ts';

const names = Object.keys(services) as ServiceName[];

export interface FleetOptions {
  /** Starts a process; 0 lets the system choose its port. */
  readonly launch: (service: ServiceName, port: number) => Promise<Replica>;
  /** Of a service's first replica. */
  readonly portOf: (service: ServiceName) => number;
  /** One of each when nothing is said. */
  readonly count: Readonly<Partial<Record<ServiceName, number>>>;
}

export class ReplicaFleet {
  readonly #options: FleetOptions;
  readonly #running = new Set<Replica>();
  /** Starts and ends under way. */
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #addresses: Partial<Record<ServiceName, string>> = {};

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Where each service's first replica listened when all were started. */
  get addresses(): Readonly<Record<ServiceName, string>> {
    return this.#addresses as Record<ServiceName, string>;
  }

  /** Resolves when all are ready; when some do not start, the others run all the same until `stop`. */
  async start(): Promise<void> {
    // Those that share a port must know it first; all others start together.
    await allOf(
      names.flatMap((service) => [
        this.#startFirst(service),
        ...(isShared(service) ? [] : this.#more(service)),
      ]),
    );
    await allOf(names.filter(isShared).flatMap((service) => this.#more(service)));
  }

  replicas(service?: ServiceName): Replica[] {
    return [...this.#running].filter((replica) => service === undefined || replica.service === service);
  }

  /** One more, once it is ready. */
  add(service: ServiceName): Promise<Replica> {
    const port = isShared(service) ? Number(new URL(this.addresses[service]).port) : 0;
    return this.#launch(service, port);
  }

  /** It leaves, drains and ends; or, lost, it is killed. It is not started again. */
  end(replica: Replica, how: 'remove' | 'lose'): Promise<void> {
    this.#running.delete(replica);
    return this.#track(replica[how]());
  }

  /** Replaces every replica of the service, one by one: the successor is ready before the predecessor leaves. */
  async roll(service: ServiceName): Promise<void> {
    for (const predecessor of this.replicas(service)) {
      await this.add(service);
      await this.end(predecessor, 'remove');
    }
  }

  /** All at once: while they drain, each finds the services that it needs for what is still under way. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await Promise.all(this.replicas().map((replica) => replica.remove()));
  }

  async #startFirst(service: ServiceName): Promise<void> {
    this.#addresses[service] = (await this.#launch(service, this.#options.portOf(service))).url;
  }

  #more(service: ServiceName): Promise<Replica>[] {
    const count = (this.#options.count[service] ?? 1) - 1;
    return Array.from({ length: count }, () => this.add(service));
  }

  #launch(service: ServiceName, port: number): Promise<Replica> {
    return this.#track(
      this.#options.launch(service, port).then((replica) => {
        this.#running.add(replica);
        return replica;
      }),
    );
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const done = () => void this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }
}

/** Linux alone spreads connections over the processes that listen at one port. */
function isShared(service: ServiceName): boolean {
  const { edge = false }: ServiceDescription = services[service];
  return edge && process.platform === 'linux';
}

/** Waits for all of them, also when one fails, so that nothing is still starting when the fault is told. */
async function allOf(starts: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(starts);
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw faultOf(failures);
}
