// How a BFF says which subscription fields it serves: each has a query twin that answers the same type, either the events
// of an aggregate's log or its state as it is now.

export type LiveField = LiveEventsField | LiveStateField;

/** The twin answers a list, oldest first, and takes (key, afterSequence, first). */
export interface LiveEventsField {
  readonly twin: string;
  /** The argument that names the aggregate. */
  readonly key: string;
  /** The event stream that tells when there is more. */
  readonly stream: string;
}

/** The twin answers the state as it is now; a client is told of the newest one only. */
export interface LiveStateField {
  readonly twin: string;
  /** The argument that says whose state. */
  readonly key: string;
  readonly state: {
    /** The twin's name for the argument, when it is another one. */
    readonly twinKey?: string;
    /** What tells that it may have changed. */
    readonly news?: NewsSource;
    /** Where nothing tells: it is looked at so often. */
    readonly pollMs?: number;
    /** The state has a number `version`; a state of a smaller one is older. */
    readonly isVersioned?: boolean;
    /**
     * `Type.field` of all that everyone who is signed in may see alike: subscribers who select nothing else share whoever
     * they are. A field that is not named here is read for each with their own rights.
     */
    readonly forEveryone?: readonly string[];
  };
}

export interface NewsSource {
  readonly stream: string;
  /** The field of an event's data that names whose news it is; without it the event's aggregate. */
  readonly by?: string;
}

export function isStateField(field: LiveField): field is LiveStateField {
  return 'state' in field;
}

/** What these fields follow on the bus. */
export function newsOf(fields: readonly LiveField[]): NewsSource[] {
  return fields.flatMap((field) => {
    if (!isStateField(field)) return [{ stream: field.stream }];
    return field.state.news === undefined ? [] : [field.state.news];
  });
}

/** What one listens to in `Changes`. */
export function channelOf({ stream, by }: NewsSource): string {
  return by === undefined ? stream : `${stream} by ${by}`;
}
