-- What arrived.

-- Numbers that only go upwards, one row each for the whole database.
create table numbers (
    name text    not null primary key,
    last integer not null
) strict, without rowid;
insert into numbers (name, last) values ('hand_overs', 0), ('journal', 0);

-- Ids of events, remembered long after the event was applied (S02). The origin is a connection, or all zeros for
-- the shop's own API.
create table event_ids (
    shop_id     blob    not null,
    origin      blob    not null,
    event_id    text    not null,
    digest      blob    not null,
    received_at integer not null,
    primary key (shop_id, origin, event_id)
) strict, without rowid;

-- Durable but not yet applied.
create table pending_events (
    shop_id     blob    not null,
    sequence    integer not null,
    origin      blob    not null,
    received_at integer not null,
    urgent      integer not null,
    document    text    not null,
    primary key (shop_id, sequence)
) strict;
create index pending_events_in_order on pending_events (shop_id, received_at, sequence);
create index pending_events_urgent on pending_events (shop_id) where urgent = 1;

-- Authentic deliveries that could not be taken.
create table asides (
    shop_id       blob    not null,
    sequence      integer not null,
    connection_id blob,
    received_at   integer not null,
    reason        text    not null,
    document      text    not null,
    primary key (shop_id, sequence)
) strict;

create table counts (
    shop_id blob    not null,
    name    text    not null,
    count   integer not null,
    primary key (shop_id, name)
) strict, without rowid;
