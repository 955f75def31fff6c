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

const settingsWith = (portOf: (name: string) => number) =>
  z.object(
    Object.fromEntries(
      Object.keys(standard).map((name) => [portSettingOf(name), portSetting.default(portOf(name))]),
    ),
  );

/** `anyPorts`: where nothing is said, the system chooses. Throws ConfigError, which names every mistake at once. */
export function readPorts(environment: Environment, anyPorts: boolean): Ports {
  // The level is every service's own setting; read here, a mistake in it is told once and not ten times.
  const settings = settingsWith((name) => (anyPorts ? 0 : (standard[name] ?? 0)));
  const withLevel = settings.extend({ LOG_LEVEL: logLevelSetting.default('info') });
  const read = readConfig('the bank', environment, withLevel);
  return new Map(Object.keys(standard).map((name) => [name, Number(read[portSettingOf(name)])]));
}
