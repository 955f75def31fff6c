// What went wrong, in words that say what to do about it: the last line that somebody sees who tries the gateway out.
import { ConfigInvalid } from './gateway-config.ts';
import { ManifestInvalid } from '../http/trusted-documents.ts';
import { DocumentRefused } from '../operation/parse-document.ts';
import { PlanningFailed, SupergraphInvalid } from '../planner/planner.ts';

export function explainFault(fault: unknown): string {
  if (fault instanceof DocumentRefused) {
    const lines = fault.errors.map(({ message, locations = [] }) => {
      const [at] = locations;
      return at === undefined ? message : `${at.line}:${at.column} ${message}`;
    });
    return `The query is refused:\n${lines.join('\n')}`;
  }
  if (fault instanceof PlanningFailed) return `No plan can be made for the query: ${fault.message}`;
  const isExpected =
    fault instanceof ConfigInvalid || fault instanceof SupergraphInvalid || fault instanceof ManifestInvalid;
  if (isExpected) return fault.message;
  if (!(fault instanceof Error)) return String(fault);
  return explainSystemError(fault) ?? fault.stack ?? fault.message;
}

function explainSystemError(
  fault: NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string },
) {
  const { code, path, port, hostname = 'The host', address = hostname } = fault;
  if (code === 'EADDRINUSE') {
    return `Port ${port} of ${address} is in use: choose another one with --port, or any free one with --port 0.`;
  }
  if (code === 'EACCES' && port !== undefined) return `Port ${port} may not be used by this user.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${address} is no address of this machine.`;
  if (code === 'ENOENT') return `There is no file ${path}.`;
  if (code === 'EACCES') return `The file ${path} may not be read by this user.`;
  return code === 'EISDIR'
    ? `A folder is given where a file is needed${path === undefined ? '' : `: ${path}`}.`
    : undefined;
}
