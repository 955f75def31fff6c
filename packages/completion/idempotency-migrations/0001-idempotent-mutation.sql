-- What customers' mutations were answered, by the keys that they send them again with.
create table idempotent_mutation (
  customer_id text not null,
  key text not null,
  -- Of document, operation name and variables: another request under the same key is a mistake of the client.
  fingerprint bytea not null,
  -- Who carries it out, and until when it is waited for. Nobody once it has been answered, or could not be for a reason
  -- that passes.
  owner uuid,
  lease_expires_at timestamptz not null,
  -- Null until it has been answered for good.
  answer text,
  status int,
  content_type text,
  -- Of whoever was answered: the answer shows what they may see.
  rights text,
  begun_at timestamptz not null default now(),
  primary key (customer_id, key)
);

create index idempotent_mutation_begun on idempotent_mutation (begun_at);
