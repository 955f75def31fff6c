// What is known of each document: parsed and validated once, and for each of its operations everything that was
// prepared for it. Keyed by the text itself, so that no two documents are ever taken for one another.
import type { DocumentNode, OperationDefinitionNode } from 'graphql';
import type { OperationAuthorization } from '../authorization/authorization.ts';
import type { NormalisedOperation } from '../execution.ts';
import { conditionVariables } from './condition-variables.ts';
import { parseDocument, pickOperation, type ParseOptions } from './parse-document.ts';
import { RecentMap } from './recent-map.ts';

export interface DocumentCacheLimits {
  readonly mostDocuments: number;
  /** Of the texts together; what is prepared for them is some tens of times larger. */
  readonly mostCharacters: number;
  /** Prepared for one operation: an attacker may try every choice of conditions. */
  readonly mostVariants: number;
}

export const defaultDocumentCacheLimits: DocumentCacheLimits = {
  mostDocuments: 5_000,
  mostCharacters: 8 * 1024 * 1024,
  mostVariants: 64,
};

export interface KnownDocument<Prepared> {
  readonly text: string;
  readonly document: DocumentNode;
  readonly operations: Map<string, KnownOperation<Prepared>>;
  /** How long parsing and validating it took. */
  readonly parsedInMs: number;
}

export interface KnownOperation<Prepared> {
  /** Unique among all operations of this cache. */
  readonly id: number;
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** Variables whose values decide what is selected. */
  readonly conditions: readonly string[];
  /** By the values of the conditions. */
  readonly variants: RecentMap<OperationVariant<Prepared>>;
}

/** An operation with its conditions decided. */
export interface OperationVariant<Prepared> {
  readonly operation: NormalisedOperation;
  /** Undefined when it touches nothing that is guarded. */
  readonly authorization: OperationAuthorization | undefined;
  /** By the rights of the caller and whatever else a plan depends on. */
  readonly prepared: RecentMap<Promise<Prepared>>;
  /** The last one used, so that the usual request waits for nothing. */
  last: { readonly key: string; readonly ready: Prepared } | undefined;
}

export class DocumentCache<Prepared> {
  readonly #documents: RecentMap<KnownDocument<Prepared>>;
  readonly #options: ParseOptions;
  readonly #limits: DocumentCacheLimits;
  #operations = 0;

  constructor(options: ParseOptions, limits: DocumentCacheLimits) {
    this.#options = options;
    this.#limits = limits;
    const { mostDocuments, mostCharacters } = limits;
    this.#documents = new RecentMap({ mostEntries: mostDocuments, mostSize: mostCharacters });
  }

  get count(): number {
    return this.#documents.count;
  }

  /** Throws DocumentRefused. `parsed` spares parsing and validation to callers that have done both. */
  find(text: string, parsed?: DocumentNode): KnownDocument<Prepared> {
    let known = this.#documents.get(text);
    if (known === undefined) {
      const startedAt = performance.now();
      const document = parsed ?? parseDocument(text, this.#options);
      known = { text, document, operations: new Map(), parsedInMs: performance.now() - startedAt };
      this.#documents.set(text, known, text.length);
    }
    return known;
  }

  /** Throws DocumentRefused when the name picks none. */
  operation(known: KnownDocument<Prepared>, operationName: string | undefined): KnownOperation<Prepared> {
    const name = operationName ?? '';
    let operation = known.operations.get(name);
    if (operation === undefined) {
      const definition = pickOperation(known.document, operationName);
      this.#operations += 1;
      operation = {
        id: this.#operations,
        document: known.document,
        definition,
        conditions: conditionVariables(known.document, definition),
        variants: new RecentMap({ mostEntries: this.#limits.mostVariants }),
      };
      known.operations.set(name, operation);
    }
    return operation;
  }

  /** What is known of it by now, without a look at the cache's order. */
  peek(text: string, operationName: string | undefined): OperationDefinitionNode | undefined {
    return this.#documents.peek(text)?.operations.get(operationName ?? '')?.definition;
  }

  /** Texts and operation names that were used, the most recent first: what a new supergraph is warmed with. */
  used(): { text: string; operationName: string | undefined }[] {
    const used = [...this.#documents.entries()].flatMap(([text, { operations }]) =>
      [...operations.keys()].map((name) => ({ text, operationName: name === '' ? undefined : name })),
    );
    return used.toReversed();
  }
}
