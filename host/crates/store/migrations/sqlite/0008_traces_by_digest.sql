-- Decisions are found by the component that made them, whatever else the traces hold.

alter table traces add column digest text;
update traces set digest = document ->> 'digest';
create index traces_by_digest on traces (shop_id, digest, run_id, sequence) where digest is not null;
