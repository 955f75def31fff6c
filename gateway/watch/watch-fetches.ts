// A fetcher around a fetcher: each fetch is told to a listener when it begins, who may send other headers along, and
// hears of its end. Tracing and the trace for clients stand on it, so that the engine knows neither.
import type { SubgraphAnswer, SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';
import type { FetchEvent } from '../transport/fetch-event.ts';

export interface FetchListener {
  /** What is sent in its place; undefined leaves it as it is. */
  readonly request?: SubgraphRequest;
  /** `event` is what the transport knows of it; other fetchers may tell nothing. */
  ended(answer: SubgraphAnswer, event: FetchEvent | undefined): void;
}

/** `begin` answers undefined for fetches that are not watched. */
export function watchFetches(
  fetcher: SubgraphFetcher,
  begin: (request: SubgraphRequest) => FetchListener | undefined,
): SubgraphFetcher {
  return {
    fetch(request) {
      const listener = begin(request);
      return listener === undefined ? fetcher.fetch(request) : fetchWatched(fetcher, request, listener);
    },
  };
}

async function fetchWatched(
  fetcher: SubgraphFetcher,
  asked: SubgraphRequest,
  listener: FetchListener,
): Promise<SubgraphAnswer> {
  let event: FetchEvent | undefined;
  const answer = await fetcher.fetch({
    ...(listener.request ?? asked),
    onFetch(told) {
      event = told;
      asked.onFetch?.(told);
    },
  });
  listener.ended(answer, event);
  return answer;
}
