-- Which refresh token one was given for. Of the successors of one token, which there are when its answer was lost and it was
-- shown again, one may be used.
alter table openid_record add column predecessor_hash bytea;

create index openid_record_by_predecessor on openid_record (predecessor_hash) where predecessor_hash is not null;
