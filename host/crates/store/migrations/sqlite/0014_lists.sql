-- What lists of 100,000 rows are searched and filtered by, each with an index in the order of its list. Names stand in
-- lower case, only of customers who have one; those of before are corrected with their next change where they hold
-- letters beyond ASCII.

alter table customers add column name text not null default '';
alter table customers add column surname text not null default '';
update customers set
    name = lower(trim(trim(coalesce(document ->> '$.first_name', '')) || ' ' ||
                      trim(coalesce(document ->> '$.last_name', '')))),
    surname = lower(trim(coalesce(document ->> '$.last_name', '')));
create index customers_by_name on customers (shop_id, name, customer_id) where name <> '';
create index customers_by_surname on customers (shop_id, surname, customer_id) where surname <> '';

alter table runs add column version_id blob;
alter table runs add column step text;
alter table runs add column end_reason text;
update runs set
    version_id = unhex(document ->> '$.version', '-'),
    step = document ->> '$.position.step',
    end_reason = document ->> '$.position.reason';
create index runs_of_version on runs (shop_id, version_id, run_id);
create index runs_under_way on runs (shop_id, run_id) where active = 1;
create index runs_by_end on runs (shop_id, end_reason, run_id) where end_reason is not null;

alter table messages add column step text not null default '';
alter table messages add column state text not null default 'queued';
alter table messages add column reason text;
alter table messages add column strategy_id blob;
update messages set
    step = document ->> '$.step',
    state = replace(document ->> '$.state.state', 'prepared', 'queued'),
    reason = coalesce(document ->> '$.state.reason', document ->> '$.state.class.class'),
    strategy_id = (select strategy_id from runs
                   where runs.shop_id = messages.shop_id and runs.run_id = messages.run_id);
create index messages_by_state on messages (shop_id, state, created_at, message_id);
create index messages_by_reason on messages (shop_id, reason, created_at, message_id) where reason is not null;
create index messages_of_strategy on messages (shop_id, strategy_id, created_at, message_id);
