// Pieces of generated code that read a field of the object `o`, of itself or of the entities that its links lead to.
// Needs a variable `t` that may be overwritten.
import type { Provider } from './place.ts';

/** Statements that make `l$n` the record and `r$n` the entity of every link that the providers use. */
export function declareLinks(providers: readonly Provider[]): string {
  const slots = new Set(providers.flatMap(({ link }) => (link === undefined ? [] : [link.slot])));
  return [...slots]
    .map(
      (slot) =>
        `const l${slot} = o.${slot}, r${slot} = l${slot} === undefined ? undefined : l${slot}.entity; `,
    )
    .join('');
}

/** An expression for what readField (execute/linked-object.ts) gives, but undefined may be null and null undefined. */
export function readCode(providers: readonly Provider[]): string {
  const sources = providers.map(sourceCode);
  const last = sources.pop() ?? 'undefined';
  return sources.reduceRight((rest, source) => `((t = ${source}) != null ? t : ${rest})`, last);
}

/** The same of a scalar, for what readScalar gives. */
export function readScalarCode(providers: readonly Provider[]): string {
  const read = readCode(providers);
  if (providers.length < 2) return read;
  return providers
    .map(sourceCode)
    .reduceRight((rest, source) => `((t = ${source}) != null && typeof t !== "object" ? t : ${rest})`, read);
}

/** Makes sure of what `read` leaves open: whether a provider has said null or none has said anything. */
export function withNullCode(providers: readonly Provider[], read: string): string {
  if (providers.length < 2) return read;
  const isNull = providers.map((provider) => `${sourceCode(provider)} === null`).join(' || ');
  return `(${read} ?? (${isNull} ? null : undefined))`;
}

function sourceCode({ link, rawKey }: Provider): string {
  if (link === undefined) return keyCode('o', rawKey);
  return `(r${link.slot} == null ? undefined : ${keyCode(`r${link.slot}`, rawKey)})`;
}

/** Only a name that every object inherits, such as `constructor`, costs a look at whose property it is. */
function keyCode(object: string, rawKey: string): string {
  const key = JSON.stringify(rawKey);
  const read = `${object}[${key}]`;
  return rawKey in Object.prototype ? `(Object.hasOwn(${object}, ${key}) ? ${read} : undefined)` : read;
}
