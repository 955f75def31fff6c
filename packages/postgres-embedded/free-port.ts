// Ports on the loopback interface: whether one is free, and which is.

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { PostgresError } from './postgres-error.ts';

/** The wanted port, or any free one for 0. Someone may take it before the server does; a start then fails. */
export async function freePort(wanted: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(wanted, '127.0.0.1');
    await once(probe, 'listening');
    return (probe.address() as AddressInfo).port;
  } catch (cause) {
    throw new PostgresError('PORT_IN_USE', `another program listens on port ${wanted}; choose another port`, {
      cause,
    });
  } finally {
    probe.close();
  }
}
