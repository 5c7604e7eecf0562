-- When somebody of the shop was erased last: recent deliveries, which are among the notes and may hold anybody's data, are
-- gone up to then, and none of before is written down any more.
alter table shops add column erased_at integer;
