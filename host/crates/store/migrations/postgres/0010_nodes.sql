-- Nodes: who works on this database, and who on which part of it.

-- Which database this is. A copy has the same id, and less hand-overs behind it (S29).
create table instances (
    instance_id uuid not null primary key
);
insert into instances (instance_id) values (gen_random_uuid());

create table nodes (
    node_id      uuid   not null primary key,
    role         text   not null,
    version      text   not null,
    standing     text   not null,
    beats        bigint not null,
    heartbeat_at bigint not null
) with (fillfactor = 50);

-- Who works on a shard, until when; a new generation with each change of hands. Never more or fewer rows than these.
create table shard_leases (
    shard      bigint not null primary key,
    node_id    uuid,
    generation bigint not null,
    expires_at bigint not null
) with (fillfactor = 50);
insert into shard_leases (shard, generation, expires_at) select number, 0, 0 from generate_series(0, 255) number;

-- The shard of a shop, as the domain computes it.
create index shops_by_shard on shops (get_byte(sha256(uuid_send(shop_id)), 0));
