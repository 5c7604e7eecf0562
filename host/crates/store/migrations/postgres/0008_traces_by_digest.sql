-- Decisions are found by the component that made them, whatever else the traces hold.

alter table traces add column digest text;
-- A document may hold a NUL, which PostgreSQL's own JSON refuses.
update traces set digest = substring(document from '"digest":"([0-9a-f]{64})"');
create index traces_by_digest on traces (shop_id, digest, run_id, sequence) where digest is not null;
