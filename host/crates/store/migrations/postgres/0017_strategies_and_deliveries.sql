-- A NUL, which no text can hold here, is left out of what is read.
create or replace function pg_temp.fields(document text) returns jsonb language sql as $$
    select regexp_replace(document, '(?<!\\)((?:\\\\)*)\\u0000', '\1', 'g')::jsonb
$$;

-- When each strategy was made and changed last, as its versions tell.
update strategies set document = left(document, -1)
    || ',"created_at":' || (select (pg_temp.fields(v.document) -> 'published_at')::text from versions v
                            where v.shop_id = strategies.shop_id and v.strategy_id = strategies.strategy_id
                            order by v.number limit 1)
    || ',"changed_at":' || (select (pg_temp.fields(v.document) -> 'published_at')::text from versions v
                            where v.shop_id = strategies.shop_id and v.strategy_id = strategies.strategy_id
                            order by v.number desc limit 1)
    || '}';

-- Messages by the version that they were made in.
alter table messages add column version_id uuid;
update messages set version_id = coalesce(
    (pg_temp.fields(document) ->> 'version')::uuid,
    (select version_id from runs where runs.shop_id = messages.shop_id and runs.run_id = messages.run_id)
);
create index messages_of_version on messages (shop_id, version_id, created_at, message_id);

create index asides_of_connection on asides (shop_id, connection_id, sequence);
