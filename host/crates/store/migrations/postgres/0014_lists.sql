-- What lists of 100,000 rows are searched and filtered by, each with an index in the order of its list. Names stand in
-- lower case, only of customers who have one. A NUL, which no text can hold here, is left out of what is read.

create function pg_temp.fields(document text) returns jsonb language sql as $$
    select regexp_replace(document, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb
$$;

alter table customers add column name text collate "C" not null default '';
alter table customers add column surname text collate "C" not null default '';
update customers set
    name = lower(trim(concat_ws(' ', trim(fields ->> 'first_name'), trim(fields ->> 'last_name')))),
    surname = lower(trim(coalesce(fields ->> 'last_name', '')))
from (select shop_id as shop, customer_id as id, pg_temp.fields(document) as fields from customers) read
where shop_id = shop and customer_id = id;
create index customers_by_name on customers (shop_id, name, customer_id) where name <> '';
create index customers_by_surname on customers (shop_id, surname, customer_id) where surname <> '';

alter table runs add column version_id uuid;
alter table runs add column step text collate "C";
alter table runs add column end_reason text collate "C";
update runs set
    version_id = (fields ->> 'version')::uuid,
    step = fields #>> '{position,step}',
    end_reason = fields #>> '{position,reason}'
from (select shop_id as shop, run_id as id, pg_temp.fields(document) as fields from runs) read
where shop_id = shop and run_id = id;
create index runs_of_version on runs (shop_id, version_id, run_id);
create index runs_under_way on runs (shop_id, run_id) where active;
create index runs_by_end on runs (shop_id, end_reason, run_id) where end_reason is not null;

alter table messages add column step text collate "C" not null default '';
alter table messages add column state text collate "C" not null default 'queued';
alter table messages add column reason text collate "C";
alter table messages add column strategy_id uuid;
update messages set
    step = fields ->> 'step',
    state = replace(fields #>> '{state,state}', 'prepared', 'queued'),
    reason = coalesce(fields #>> '{state,reason}', fields #>> '{state,class,class}'),
    strategy_id = (select strategy_id from runs
                   where runs.shop_id = messages.shop_id and runs.run_id = messages.run_id)
from (select shop_id as shop, message_id as id, pg_temp.fields(document) as fields from messages) read
where shop_id = shop and message_id = id;
create index messages_by_state on messages (shop_id, state, created_at, message_id);
create index messages_by_reason on messages (shop_id, reason, created_at, message_id) where reason is not null;
create index messages_of_strategy on messages (shop_id, strategy_id, created_at, message_id);
