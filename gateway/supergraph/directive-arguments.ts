// Arguments of directives as supergraphs write them.
import { Kind, type ConstDirectiveNode, type ConstValueNode } from 'graphql';

export function valueOf(applied: ConstDirectiveNode, name: string): ConstValueNode | undefined {
  return applied.arguments?.find((argument) => argument.name.value === name)?.value;
}

export function stringArgument(applied: ConstDirectiveNode, name: string): string | undefined {
  const value = valueOf(applied, name);
  return value?.kind === Kind.STRING ? value.value : undefined;
}

/** The value of join__Graph by which join directives name a subgraph. */
export function graphArgument(applied: ConstDirectiveNode): string | undefined {
  const value = valueOf(applied, 'graph');
  return value?.kind === Kind.ENUM ? value.value : undefined;
}

export function isArgumentTrue(applied: ConstDirectiveNode, name: string): boolean {
  const value = valueOf(applied, name);
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** Not when it is left out. */
export function isArgumentFalse(applied: ConstDirectiveNode, name: string): boolean {
  const value = valueOf(applied, name);
  return value?.kind === Kind.BOOLEAN && !value.value;
}
