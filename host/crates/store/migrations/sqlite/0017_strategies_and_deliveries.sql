-- When each strategy was made and changed last, as its versions tell.
update strategies set document = json_set(
    document,
    '$.created_at', (select v.document ->> '$.published_at' from versions v
                     where v.shop_id = strategies.shop_id and v.strategy_id = strategies.strategy_id
                     order by v.number limit 1),
    '$.changed_at', (select v.document ->> '$.published_at' from versions v
                     where v.shop_id = strategies.shop_id and v.strategy_id = strategies.strategy_id
                     order by v.number desc limit 1)
);

-- Messages by the version that they were made in.
alter table messages add column version_id blob;
update messages set version_id = coalesce(
    unhex(document ->> '$.version', '-'),
    (select version_id from runs where runs.shop_id = messages.shop_id and runs.run_id = messages.run_id)
);
create index messages_of_version on messages (shop_id, version_id, created_at, message_id);

create index asides_of_connection on asides (shop_id, connection_id, sequence);
