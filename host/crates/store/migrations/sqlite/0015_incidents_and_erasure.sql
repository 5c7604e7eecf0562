-- What people are told of because nobody but they can put it right, from the alert to the all-clear.
create table incidents (
    shop_id     blob    not null,
    incident_id blob    not null,
    cause       text    not null,
    about       text    not null,
    opened_at   integer not null,
    closed_at   integer,
    due_at      integer,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, incident_id)
) strict;
-- Once per incident: nothing goes wrong a second time before it is over.
create unique index incidents_open on incidents (shop_id, cause, about) where closed_at is null;
create index incidents_due on incidents (shop_id, due_at) where due_at is not null;
create index incidents_newest on incidents (shop_id, opened_at, incident_id);

-- By which addresses of those who were erased are known again, so that no import writes to them (S45).
create table erasure_keys (
    shop_id blob not null primary key,
    key     blob not null
) strict, without rowid;
create table erased_addresses (
    shop_id   blob not null,
    hash      blob not null,
    erased_at integer not null,
    primary key (shop_id, hash)
) strict, without rowid;
