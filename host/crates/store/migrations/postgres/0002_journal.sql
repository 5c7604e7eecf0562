-- What arrived.

-- Numbers that only go upwards, one row each for the whole database.
create table numbers (
    name text collate "C" not null primary key,
    last bigint           not null
);
insert into numbers (name, last) values ('hand_overs', 0);

-- Ids of events, remembered long after the event was applied (S02). The origin is a connection, or all zeros for
-- the shop's own API.
create table event_ids (
    shop_id     uuid             not null,
    origin      uuid             not null,
    event_id    text collate "C" not null,
    digest      bytea            not null,
    received_at bigint           not null,
    primary key (shop_id, origin, event_id)
);

-- Durable but not yet applied. Almost every row is soon gone, so the table is cleaned often.
create table pending_events (
    shop_id     uuid    not null,
    sequence    bigint  not null generated always as identity,
    origin      uuid    not null,
    received_at bigint  not null,
    urgent      boolean not null,
    document    text    not null,
    primary key (shop_id, sequence)
) with (autovacuum_vacuum_scale_factor = 0.02);
create index pending_events_in_order on pending_events (shop_id, received_at, sequence);
create index pending_events_urgent on pending_events (shop_id) where urgent;

-- Authentic deliveries that could not be taken.
create table asides (
    shop_id       uuid   not null,
    sequence      bigint not null generated always as identity,
    connection_id uuid,
    received_at   bigint not null,
    reason        text   not null,
    document      text   not null,
    primary key (shop_id, sequence)
);

create table counts (
    shop_id uuid             not null,
    name    text collate "C" not null,
    count   bigint           not null,
    primary key (shop_id, name)
);
