// Where a frame of a profile stands: which function, and in whose package it is.

export interface CallFrame {
  readonly functionName: string;
  /** file:///…, node:…, or empty for what is no JavaScript. */
  readonly url: string;
  /** Counted from 0. */
  readonly lineNumber: number;
}

export interface Place {
  readonly name: string;
  /** Our package or service, the npm package, the part of Node, or what it is when it is no JavaScript. */
  readonly group: string;
  readonly kind: 'own' | 'npm' | 'node' | 'native';
  /** Path from the root of the repository. */
  readonly ownFile?: string;
  /** Hands bytes to a socket or a file: nearly all of it is the operating system's work. */
  readonly isWrite?: boolean;
}

const writes = /^write(v|String|Buffer|Utf8String|Latin1String|AsciiString)$/;

export function placeOf({ functionName, url, lineNumber }: CallFrame, rootUrl: string): Place {
  const called = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return nativePlace(called);
  const line = lineNumber + 1;
  if (!url.startsWith('file:')) {
    const module = url
      .replace(/^node:/, '')
      .split('/')
      .slice(0, 2)
      .join('/');
    return { name: `${called} ${url}:${line}`, group: `node:${module}`, kind: 'node' };
  }
  const [, npm, npmFile] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(url) ?? [];
  if (npm !== undefined) return { name: `${called} ${npm}/${npmFile}:${line}`, group: npm, kind: 'npm' };
  const file = url.startsWith(rootUrl) ? url.slice(rootUrl.length) : url;
  return { name: `${called} ${file}:${line}`, group: `own: ${partOf(file)}`, kind: 'own', ownFile: file };
}

function nativePlace(called: string): Place {
  // "(garbage collector)", "(program)", "(idle)": V8's own words for what is no function.
  if (called.startsWith('(') && called !== '(anonymous)')
    return { name: called, group: called, kind: 'native' };
  const isJson = called === 'parse' || called === 'stringify';
  const group = isJson ? 'JSON' : `built-in: ${called}`;
  return { name: `${called} (built-in)`, group, kind: 'native', isWrite: writes.test(called) };
}

/** `subgraphs/orders`, `packages/saga`, `gateway`. */
function partOf(file: string): string {
  const folders = file.split('/').slice(0, -1);
  return folders.slice(0, folders[0] === 'packages' || folders[0] === 'subgraphs' ? 2 : 1).join('/') || file;
}

/** Shared packages serve every service, so they say nothing about whose work it is. */
export function serviceOf(file: string): string | undefined {
  return /^(subgraphs\/[^/]+|gateway|bff-[^/]+|identity)\//.exec(file)?.[1];
}

/** The nearest package to the top that is not Node's own; a write is told by it. */
export function nearestPackage(frames: readonly Place[]): string | undefined {
  return frames.find(isPackage)?.group;
}

/** The package whose callback began all this. */
export function firstPackage(frames: readonly Place[]): string | undefined {
  return frames.findLast(isPackage)?.group;
}

const isPackage = ({ kind }: Place) => kind === 'own' || kind === 'npm';
