// Generates the code that builds the answer: one function a shape, each an object literal in the response's final key
// order. It checks every value on the way and gives up (bail) at the first that is not what the schema says; the exact
// projector (execute/project-exact.ts) then finds out what is wrong. Only names that GraphQL's grammar has let through
// get into the code, each as a JSON string.
import {
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isScalarType,
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { CannotCompile } from './cannot-compile.ts';
import type { Code, CodeScope } from './generate-code.ts';
import { declareLinks, readCode } from './generate-reads.ts';
import { onlyVariant, type Shape, type ShapeField, type Variant } from './shape.ts';

/** Thrown by a projector when a value is not what the schema says. One object, as it carries nothing and no stack. */
export const bailed = Object.freeze({ bailed: true });

interface Work {
  readonly functions: string[];
  readonly shapes: Map<Shape, string>;
  readonly lists: Map<string, string>;
  memos: number;
}

/** Adds the projector's functions to the code; returns the name of the one for the whole answer. */
export function generateProjector(code: Code, shape: Shape): string {
  return shapeFunction({ functions: code.functions, shapes: new Map(), lists: new Map(), memos: 0 }, shape);
}

/** What generated projectors call. */
export function projectorScope(schema: GraphQLSchema): CodeScope {
  return { bail, isInterface: (name) => typeof name === 'string' && isInterfaceType(schema.getType(name)) };
}

function bail(): never {
  // oxlint-disable-next-line no-throw-literal -- a stack trace for each would cost more than the request
  throw bailed;
}

function shapeFunction(work: Work, shape: Shape): string {
  let name = work.shapes.get(shape);
  if (name !== undefined) return name;
  name = `p${shape.id}`;
  work.shapes.set(shape, name);
  const only = onlyVariant(shape);
  const body =
    only === undefined ? variantsBody(work, shape) : `${linksOf(only)}return ${literal(work, only)};`;
  work.functions.push(`function ${name}(o) { let t; ${body} }`);
  return name;
}

function variantsBody(work: Work, { typename, variants, free }: Shape): string {
  if (typename.length === 0 && free !== undefined) return `${linksOf(free)}return ${literal(work, free)};`;
  if (typename.length === 0) throw new CannotCompile('a plan without the type of an abstract position');
  const cases = variants.map((variant) => {
    const labels = variant.typeNames.map((type) => `case ${JSON.stringify(type)}:`).join(' ');
    return `${labels} { ${linksOf(variant)}return ${literal(work, variant, 'y')}; }`;
  });
  const otherwise =
    free === undefined
      ? 'return bail();'
      : `{ if (y !== undefined && !isInterface(y)) bail(); ${linksOf(free)}return ${literal(work, free)}; }`;
  const links = declareLinks(typename);
  return `let y; { ${links}y = ${readCode(typename)}; } switch (y) { ${cases.join(' ')} default: ${otherwise} }`;
}

function linksOf({ fields }: Variant): string {
  return declareLinks(fields.flatMap(({ providers }) => providers));
}

function literal(work: Work, { fields }: Variant, typename?: string): string {
  return `{ ${fields.map((field) => `${keyText(field.key)}: ${fieldCode(work, field, typename)}`).join(', ')} }`;
}

/** As a plain key `__proto__` would set the prototype. */
function keyText(key: string): string {
  return key === '__proto__' ? '["__proto__"]' : JSON.stringify(key);
}

function fieldCode(work: Work, field: ShapeField, typename: string | undefined): string {
  const { kind, type, providers } = field;
  if (kind === 'typename') return typename ?? JSON.stringify(field.parentType);
  if (kind === 'denied') return 'bail()';
  if (providers.length === 0) return isNonNullType(type) ? 'bail()' : 'null';
  const code = `(t = ${readCode(providers)}, ${valueCode(work, field, type)})`;
  const [first] = providers;
  if (kind !== 'composite' || providers.length > 1 || first?.link === undefined) return code;
  // Many places may show the same entity: what hangs on it is projected once.
  const memo = `l${first.link.slot}.m${work.memos++}`;
  const absent = isNonNullType(type) ? 'bail()' : 'null';
  return `(r${first.link.slot} == null ? ${absent} : ${memo} !== undefined ? ${memo} : (${memo} = ${code}))`;
}

/** An expression for the completed value of the variable `t`. */
function valueCode(work: Work, field: ShapeField, type: GraphQLOutputType): string {
  if (isNonNullType(type)) return presentCode(work, field, type.ofType);
  return `t == null ? null : ${presentCode(work, field, type)}`;
}

function presentCode(work: Work, field: ShapeField, type: GraphQLOutputType): string {
  if (isNonNullType(type)) return presentCode(work, field, type.ofType);
  if (isListType(type)) return `Array.isArray(t) ? ${listFunction(work, field, type.ofType)}(t) : bail()`;
  if (field.child !== undefined)
    return `typeof t === "object" && t !== null && !Array.isArray(t) ? ${shapeFunction(work, field.child)}(t) : bail()`;
  if (field.kind === 'introspection') return 't';
  return leafCode(type);
}

function leafCode(type: GraphQLNamedOutputType): string {
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name }) => `t === ${JSON.stringify(name)}`);
    return `${values.join(' || ')} ? t : bail()`;
  }
  if (!isScalarType(type)) throw new CannotCompile(`${type.name} is no leaf`);
  switch (type.name) {
    case 'String':
      return 'typeof t === "string" ? t : bail()';
    case 'ID':
      return 'typeof t === "string" ? t : Number.isSafeInteger(t) ? String(t) : bail()';
    case 'Int':
      return '(t | 0) === t ? t : bail()';
    case 'Float':
      return 'Number.isFinite(t) ? t : bail()';
    case 'Boolean':
      return 'typeof t === "boolean" ? t : bail()';
    default:
      return 't != null && typeof t !== "function" ? t : bail()';
  }
}

function listFunction(work: Work, field: ShapeField, item: GraphQLOutputType): string {
  const code = valueCode(work, field, item);
  let name = work.lists.get(code);
  if (name === undefined) {
    name = `a${work.lists.size}`;
    work.lists.set(code, name);
    work.functions.push(
      `function ${name}(v) { let t; const n = v.length, out = new Array(n); ` +
        `for (let i = 0; i < n; i++) { t = v[i]; out[i] = ${code}; } return out; }`,
    );
  }
  return name;
}
