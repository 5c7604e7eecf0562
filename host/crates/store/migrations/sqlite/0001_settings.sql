-- What people configure. Instants are milliseconds since 1970, documents JSON, ids 16 bytes.

create table shops (
    shop_id  blob not null primary key,
    name     text not null,
    document text not null
) strict, without rowid;

-- Moves with every change of a shop's settings, so that caches know when they are stale.
create table settings_revisions (
    shop_id  blob    not null primary key,
    revision integer not null
) strict, without rowid;

-- Keys are looked up by their hash before anybody knows the shop; one without a shop is the operator's.
create table api_keys (
    hash       blob    not null primary key,
    key_id     blob    not null,
    shop_id    blob,
    label      text    not null,
    created_at integer not null
) strict, without rowid;
create index api_keys_of_shop on api_keys (shop_id, key_id);

create table connections (
    shop_id       blob    not null,
    connection_id blob    not null,
    kind          text    not null,
    name          text    not null,
    revision      integer not null,
    document      text    not null,
    primary key (shop_id, connection_id)
) strict;
create unique index connections_by_name on connections (shop_id, kind, name);
-- A webhook address names the connection only.
create index connections_by_address on connections (connection_id);

create table connection_secrets (
    shop_id       blob not null,
    connection_id blob not null,
    name          text not null,
    sealed        blob not null,
    primary key (shop_id, connection_id, name)
) strict, without rowid;

create table plugins (
    shop_id      blob    not null,
    digest       text    not null,
    name         text    not null,
    major        integer not null,
    active       integer not null,
    installed_at integer not null,
    document     text    not null,
    primary key (shop_id, digest)
) strict;
create unique index plugins_active on plugins (shop_id, name, major) where active = 1;

create table plugin_components (
    shop_id   blob not null,
    digest    text not null,
    component blob not null,
    primary key (shop_id, digest)
) strict;

create table contents (
    shop_id  blob    not null,
    name     text    not null,
    revision integer not null,
    saved_at integer not null,
    document text    not null,
    primary key (shop_id, name, revision)
) strict;

create table strategies (
    shop_id     blob not null,
    strategy_id blob not null,
    name        text not null,
    document    text not null,
    primary key (shop_id, strategy_id)
) strict;
create unique index strategies_by_name on strategies (shop_id, name);

create table versions (
    shop_id     blob    not null,
    version_id  blob    not null,
    strategy_id blob    not null,
    number      integer not null,
    document    text    not null,
    primary key (shop_id, version_id)
) strict;
create unique index versions_by_number on versions (shop_id, strategy_id, number);
