// One folder of the corpus as it lies on the disk: `<subgraph>.graphql` for each, data.json, cases.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse, print, visit, type ConstDirectiveNode, type FieldDefinitionNode } from 'graphql';
import { argumentOf, type Sdls } from '../fuzz/facts.ts';
import { isRecord, type StoredObject, type World } from '../fuzz/world.ts';
import { withoutCallTables } from './call-table.ts';
import type { CorpusCase, OverrideChoice } from './corpus-case.ts';

export interface Folder {
  readonly name: string;
  readonly sdls: Sdls;
  readonly world: World;
  readonly cases: readonly CorpusCase[];
  /** Composed by somebody who does not ask whether all of it can be reached, as not every composer does. */
  readonly isUnsatisfied: boolean;
}

export function folderNames(): string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d\d-/.test(entry.name))
    .map(({ name }) => name)
    .toSorted();
}

export async function readFolder(name: string): Promise<Folder> {
  const folder = join(import.meta.dirname, name);
  const sdls = Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith('.graphql'))
      .toSorted()
      .map((file) => [file.slice(0, -'.graphql'.length), readFileSync(join(folder, file), 'utf8')]),
  );
  const data: unknown = JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'));
  const { cases, isUnsatisfied = false } = (await import(`./${name}/cases.ts`)) as {
    readonly cases: readonly CorpusCase[];
    readonly isUnsatisfied?: boolean;
  };
  return { name, sdls, world: worldOf(data), cases, isUnsatisfied };
}

/** data.json: `{"Query": {…}, "Mutation": {…}, "entities": {"Product/1": {…}}, "unknown": {…}}`, types by reference. */
function worldOf(data: unknown): World {
  const { Query, Mutation, entities, unknown } = withoutCallTables(data) as Record<string, unknown>;
  return {
    roots: { Query: typed('Query', Query), Mutation: typed('Mutation', Mutation) },
    entities: Object.fromEntries(
      Object.entries(isRecord(entities) ? entities : {}).map(([reference, stored]) => [
        reference,
        typed(reference.split('/')[0] ?? '', stored),
      ]),
    ),
    unknown: (unknown ?? {}) as World['unknown'],
  };
}

function typed($type: string, stored: unknown): StoredObject {
  return { ...(isRecord(stored) ? stored : {}), $type };
}

/**
 * What subgraphs must be asked for under a choice of progressive @override: one that is off is turned round, so that
 * the field stays where it was and who would take it refuses it. (Not by @external: a subgraph's schema may hold no
 * external field that nothing uses.)
 */
export function underOverride(sdls: Sdls, choice: OverrideChoice): Sdls {
  return Object.fromEntries(
    Object.entries(sdls).map(([name, sdl]) => {
      const FieldDefinition = (field: FieldDefinitionNode) => {
        const override = field.directives?.find((directive) => directive.name.value === 'override');
        if (override === undefined || isOn(override, choice)) return undefined;
        const turned = { ...override, arguments: [argumentNode('from', name)] };
        return { ...field, directives: field.directives?.map((one) => (one === override ? turned : one)) };
      };
      return [name, print(visit(parse(sdl), { FieldDefinition }))];
    }),
  );
}

function isOn(override: ConstDirectiveNode, { labels, percentage }: OverrideChoice): boolean {
  const label = argumentOf(override, 'label');
  const share = /^percent\((\d+(?:\.\d+)?)\)$/.exec(label ?? '')?.[1];
  if (share !== undefined) return percentage < Number(share);
  return label === undefined || labels.includes(label);
}

function argumentNode(name: string, value: string) {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: name },
    value: { kind: Kind.STRING, value },
  } as const;
}
