-- Whom an urgent event may concern, by name; null where that may be anybody.
alter table pending_events add column names text[];
