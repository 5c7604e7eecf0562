-- What people are told of because nobody but they can put it right, from the alert to the all-clear.
create table incidents (
    shop_id     uuid   not null,
    incident_id uuid   not null,
    cause       text   not null,
    about       text   not null,
    opened_at   bigint not null,
    closed_at   bigint,
    due_at      bigint,
    revision    bigint not null,
    document    text   not null,
    primary key (shop_id, incident_id)
);
-- Once per incident: nothing goes wrong a second time before it is over.
create unique index incidents_open on incidents (shop_id, cause, about) where closed_at is null;
create index incidents_due on incidents (shop_id, due_at) where due_at is not null;
create index incidents_newest on incidents (shop_id, opened_at, incident_id);

-- By which addresses of those who were erased are known again, so that no import writes to them (S45).
create table erasure_keys (
    shop_id uuid not null primary key,
    key     bytea not null
);
create table erased_addresses (
    shop_id   uuid not null,
    hash      bytea not null,
    erased_at bigint not null,
    primary key (shop_id, hash)
);
