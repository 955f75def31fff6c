// Hive Gateway with the query planner of Hive Router, which is written in Rust.
import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { settings } from './hive-settings.js';

export const gatewayConfig = defineConfig({ ...settings, unifiedGraphHandler });
