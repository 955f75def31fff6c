-- The consistency token that went with the answer, and goes with it again.
alter table idempotent_mutation add column consistency text;
