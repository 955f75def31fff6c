// Hive Gateway with its default engine, with `jit` as in its vendor's own benchmark.
import { defineConfig } from '@graphql-hive/gateway';
import { settings } from './hive-settings.js';

export const gatewayConfig = defineConfig({ ...settings, jit: true });
