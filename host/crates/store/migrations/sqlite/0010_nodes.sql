-- Nodes: who works on this database, and who on which part of it.

-- Which database this is. A copy has the same id, and less hand-overs behind it (S29).
create table instances (
    instance_id blob not null primary key
) strict, without rowid;
insert into instances (instance_id) values (randomblob(16));

create table nodes (
    node_id      blob    not null primary key,
    role         text    not null,
    version      text    not null,
    standing     text    not null,
    beats        integer not null,
    heartbeat_at integer not null
) strict, without rowid;

-- Who works on a shard, until when; a new generation with each change of hands. Never more or fewer rows than these.
create table shard_leases (
    shard      integer not null primary key,
    node_id    blob,
    generation integer not null,
    expires_at integer not null
) strict, without rowid;
insert into shard_leases (shard, generation, expires_at)
with recursive numbers (number) as (select 0 union all select number + 1 from numbers where number < 255)
select number, 0, 0 from numbers;
