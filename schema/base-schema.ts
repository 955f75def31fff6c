// The schema that a change is held against: a file with a supergraph or an API schema, or the subgraphs of a git ref,
// composed as they are today.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Supergraph } from '@apollo/federation-internals';
import { buildSchema, printSchema } from 'graphql';
import type { ContractSchema } from './check-contracts.ts';
import { compose, type SubgraphSource } from './compose.ts';
import { guardsOf } from './guard-changes.ts';

/** git reads local objects only; one that takes longer waits for something. */
const gitTimeoutMs = 30_000;
/** Far beyond the size of a subgraph's schema. */
const mostGitBytes = 16 * 1024 * 1024;

/** The base is neither a file nor a ref with subgraphs. */
class BaseUnknown extends Error {
  override readonly name = 'BaseUnknown';
}

export function readBase(root: URL, base: string): ContractSchema {
  const path = resolve(fileURLToPath(root), base);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return schemaOfText(readFileSync(path, 'utf8'));
  return schemaOfText(compose(subgraphsAt(root, base)).supergraph);
}

export function schemaOfText(text: string): ContractSchema {
  if (!/\bjoin__Graph\b/.test(text)) return { api: buildSchema(text), guards: undefined };
  // Every feature is allowed: what the gateway must know of them is not asked here.
  const supergraph = Supergraph.build(text, { supportedFeatures: null });
  // Printed and read again, so that both sides of a comparison come the same way.
  const api = buildSchema(printSchema(supergraph.apiSchema().toGraphQLJSSchema()));
  return { api, guards: guardsOf(text) };
}

function subgraphsAt(root: URL, ref: string): SubgraphSource[] {
  const commit = git(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (commit === undefined) throw new BaseUnknown(`'${ref}' is neither a file nor a commit that is here`);
  const files = git(root, ['ls-tree', '-r', '--name-only', commit.trim(), '--', 'subgraphs/']) ?? '';
  const sources = files
    .split('\n')
    .filter((file) => /^subgraphs\/[^/]+\/schema\.graphql$/.test(file))
    .map((file) => ({
      name: file.split('/')[1] ?? '',
      file,
      text: git(root, ['show', `${commit.trim()}:./${file}`]) ?? '',
    }));
  if (sources.length === 0) throw new BaseUnknown(`'${ref}' has no subgraphs/*/schema.graphql`);
  return sources;
}

/** Undefined when git refuses. */
function git(root: URL, args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: gitTimeoutMs,
      maxBuffer: mostGitBytes,
    });
  } catch {
    return undefined;
  }
}
