// The port of every server of a bank: the topology's, or what `PORT_<NAME>` says.
import { z } from 'zod';
import { logLevelSetting, portSetting, readConfig, type Environment } from '@simplebank/chassis';
import { outside, services, type ServiceName } from '../topology.ts';
import { portSettingOf } from './start-fault.ts';

/** 0 lets the system choose. */
export type Ports = ReadonlyMap<string, number>;

const standard: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    (Object.keys(services) as ServiceName[]).map((name) => [name, services[name].port] as const),
  ),
  exchange: outside.exchange.port,
  'exchange-control': outside.exchange.controlPort,
  postgres: outside.postgres.port,
};

const settings = z.object(
  Object.fromEntries(
    Object.entries(standard).map(([name, port]) => [portSettingOf(name), portSetting.default(port)]),
  ),
);

/** Throws ConfigError, which names every mistake at once. */
export function readPorts(environment: Environment): Ports {
  // The level is every service's own setting; read here, a mistake in it is told once and not ten times.
  const withLevel = settings.extend({ LOG_LEVEL: logLevelSetting.default('info') });
  const read = readConfig('the bank', environment, withLevel);
  return new Map(Object.keys(standard).map((name) => [name, Number(read[portSettingOf(name)])]));
}
