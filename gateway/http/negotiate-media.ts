// Which media type the client wants its answer in, by its Accept header (RFC 9110, 12.5.1).

export type Media = 'json' | 'graphql';

export interface Negotiated {
  readonly media: Media;
  /** It takes multipart answers of @defer, in the one format that is spoken here. */
  readonly acceptsIncremental: boolean;
}

export const contentTypes: Readonly<Record<Media, string>> = {
  json: 'application/json; charset=utf-8',
  graphql: 'application/graphql-response+json; charset=utf-8',
};

/** Apollo's name for the format of incremental parts. */
export const deferSpec = '20220824';

const mediaTypes = new Map<string, Media>([
  ['application/json', 'json'],
  ['application/graphql-response+json', 'graphql'],
]);

const plainJson: Negotiated = { media: 'json', acceptsIncremental: false };

/** Clients send a handful of different Accept headers; whoever sends more of them only pays for the parsing. */
const mostRemembered = 200;
const remembered = new Map<string, Negotiated | undefined>();

/** Undefined when nothing that is offered is acceptable. */
export function negotiateMedia(accept: string | undefined): Negotiated | undefined {
  // Without a header the choice is the server's; JSON is what every client reads.
  if (accept === undefined || accept === '*/*' || accept === 'application/json' || accept === '')
    return plainJson;
  const known = remembered.get(accept);
  if (known !== undefined || remembered.has(accept)) return known;
  const negotiated = negotiate(accept);
  if (remembered.size < mostRemembered) remembered.set(accept, negotiated);
  return negotiated;
}

interface Offer {
  quality: number;
  /** 2 for the type itself, 1 for `application/*`, 0 for `*` + `/*`. */
  precision: number;
  position: number;
}

function negotiate(accept: string): Negotiated | undefined {
  const offers: Record<Media, Offer> = { json: nothing(), graphql: nothing() };
  let acceptsIncremental = false;
  for (const [position, range] of accept.split(',').entries()) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = qualityOf(parameters);
    if (type === 'multipart/mixed') {
      acceptsIncremental ||= quality > 0 && parameters.some(isDeferSpec);
      continue;
    }
    const media = mediaTypes.get(type);
    if (media !== undefined) consider(offers[media], { quality, precision: 2, position });
    else if (type === 'application/*' || type === '*/*') {
      const precision = type === '*/*' ? 0 : 1;
      consider(offers.json, { quality, precision, position });
      consider(offers.graphql, { quality, precision, position });
    }
  }
  const { json, graphql } = offers;
  if (json.quality <= 0 && graphql.quality <= 0) {
    // Whoever takes only parts gets JSON when there is but one.
    return acceptsIncremental ? { media: 'json', acceptsIncremental } : undefined;
  }
  return { media: isBetter(graphql, json) ? 'graphql' : 'json', acceptsIncremental };
}

function nothing(): Offer {
  return { quality: -1, precision: -1, position: 0 };
}

/** The most precise range that matches a type decides about it. */
function consider(offer: Offer, found: Offer): void {
  if (found.precision > offer.precision) Object.assign(offer, found);
}

function isBetter(offer: Offer, than: Offer): boolean {
  if (offer.quality !== than.quality) return offer.quality > than.quality;
  if (offer.precision !== than.precision) return offer.precision > than.precision;
  return offer.position < than.position;
}

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith('q='));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}

function isDeferSpec(parameter: string): boolean {
  return parameter.replaceAll('"', '').replaceAll(' ', '') === `deferspec=${deferSpec}`;
}
