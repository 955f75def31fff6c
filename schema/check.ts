// `npm run schema:check -- <base>`: what the schema of this tree changes since the base, and whom it breaks. Ends with
// 0 when no published client breaks, 1 when one does, 2 when it could not be checked.
import { readBase, schemaOfText } from './base-schema.ts';
import { breaksConsumer, checkContracts, type ContractReport, type Finding } from './check-contracts.ts';
import { compose, readSubgraphs } from './compose.ts';
import { readPublished } from './manifest.ts';

const root = new URL('../', import.meta.url);

async function main([base]: readonly string[]): Promise<number> {
  if (base === undefined) {
    console.error('usage: npm run schema:check -- <git ref, or file of a supergraph or API schema>');
    return 2;
  }
  const before = readBase(root, base);
  const published = readPublished(root);
  const report = await checkContracts({
    before,
    after: schemaOfText(compose(readSubgraphs()).supergraph),
    published,
  });
  if (before.guards === undefined) console.log(`${base} is an API schema: guards are not compared\n`);
  console.log(written(report));
  const broken = new Set(report.findings.filter(breaksConsumer).flatMap(({ operations }) => operations));
  console.log(`since ${base}: ${broken.size} of ${published.length} published operations broken`);
  return broken.size > 0 ? 1 : 0;
}

function written({ findings, unused }: ContractReport): string {
  const breaking = findings.filter(({ level }) => level === 'breaking');
  const parts = [
    section('BREAKS A CONSUMER', breaking.filter(breaksConsumer)),
    section(
      'breaking, but no published operation uses it',
      breaking.filter((one) => !breaksConsumer(one)),
    ),
    section(
      'dangerous',
      findings.filter(({ level }) => level === 'dangerous'),
    ),
  ];
  if (unused.length > 0) parts.push(`fields that no published operation uses\n${byType(unused)}\n`);
  return parts.filter((part) => part !== '').join('\n');
}

function section(title: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  const lines = findings.flatMap(({ message, operations }) => [
    `  ${message}`,
    ...operations.map((operation) => `    ${operation}`),
  ]);
  return `${title}\n${lines.join('\n')}\n`;
}

function byType(coordinates: readonly string[]): string {
  const types = Map.groupBy(coordinates, (coordinate) => coordinate.split('.')[0]);
  return [...types]
    .map(([type, fields]) => `  ${type}: ${fields.map((field) => field.split('.')[1]).join(', ')}`)
    .join('\n');
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
