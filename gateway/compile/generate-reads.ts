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

/** An expression for what the first provider that has it has; undefined or null when none has. */
export function readCode(providers: readonly Provider[]): string {
  const sources = providers.map(({ link, rawKey }) => {
    const key = JSON.stringify(rawKey);
    return link === undefined ? `o[${key}]` : `(r${link.slot} == null ? undefined : r${link.slot}[${key}])`;
  });
  const last = sources.pop() ?? 'undefined';
  return sources.reduceRight((rest, source) => `((t = ${source}) !== undefined ? t : ${rest})`, last);
}
