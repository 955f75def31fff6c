// The check is held against changes of the bank's own schema: it names each operation of each version that a breaking
// change breaks, no other, and nobody for a harmless one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOfText } from './base-schema.ts';
import { breaksConsumer, checkContracts, type ContractReport } from './check-contracts.ts';
import { compose, readSubgraphs } from './compose.ts';
import { readPublished } from './manifest.ts';
import { breakingChanges, harmlessChanges, type SeededChange } from './seeded-changes.fixture.ts';

const subgraphs = readSubgraphs();
const before = schemaOfText(compose(subgraphs).supergraph);
// The lists of the fixture name these; versions published later would only make them longer.
const versions = new Set(['bff-web 1.0.0', 'bff-mobile 1.0.0', 'bff-mobile 1.1.0', 'bff-mobile 1.2.0']);
const published = readPublished(new URL('../', import.meta.url)).filter(({ consumer, version }) =>
  versions.has(`${consumer} ${version}`),
);

function reportOf({ subgraph, from, to }: SeededChange): Promise<ContractReport> {
  const changed = subgraphs.map((source) => {
    if (source.name !== subgraph) return source;
    assert.equal(source.text.split(from).length, 2, `once in ${source.file}: ${from}`);
    return { ...source, text: source.text.replace(from, to) };
  });
  return checkContracts({ before, after: schemaOfText(compose(changed).supergraph), published });
}

const brokenBy = ({ findings }: ContractReport) =>
  [...new Set(findings.filter(breaksConsumer).flatMap(({ operations }) => operations))].toSorted();

for (const change of breakingChanges) {
  test(`names whom it breaks: ${change.title}`, async () => {
    assert.deepEqual(brokenBy(await reportOf(change)), change.breaks.toSorted());
  });
}

for (const change of harmlessChanges) {
  test(`breaks nobody: ${change.title}`, async () => {
    assert.deepEqual(brokenBy(await reportOf(change)), []);
  });
}

test('is silent where nothing changed', async () => {
  const { findings } = await checkContracts({ before, after: before, published });
  assert.deepEqual(findings, []);
});

test('says what is added to an enum that answers show, and breaks nobody for it', async () => {
  const report = await reportOf({
    title: '',
    subgraph: 'accounts',
    from: '  OPENING\n',
    to: '  OPENING\n  DIVIDEND\n',
  });
  assert.deepEqual(report.findings, [
    {
      level: 'dangerous',
      message: "Enum value 'DIVIDEND' was added to enum 'LedgerEntryKind'",
      operations: ['bff-web 1.0.0: Account', 'bff-web 1.0.0: OrderScreen'],
    },
  ]);
});

test('lists the fields that no published operation asks for, also those that are new', async () => {
  const [added] = harmlessChanges;
  assert.ok(added);
  const { unused } = await reportOf(added);
  assert.ok(unused.includes('Order.note'));
  assert.ok(unused.includes('FeeCharge.chargedAt'));
  assert.ok(!unused.includes('Order.status'));
  assert.ok(!unused.includes('OrderUpdate.final'), 'the twin of a subscription asks for it');
});
