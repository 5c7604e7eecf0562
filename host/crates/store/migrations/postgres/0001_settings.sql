-- What people configure. Instants are milliseconds since 1970, documents JSON, ids UUIDs. Names sort by their bytes, as on
-- SQLite.

create table shops (
    shop_id  uuid             not null primary key,
    name     text collate "C" not null,
    document text             not null
);

-- Moves with every change of a shop's settings, so that caches know when they are stale.
create table settings_revisions (
    shop_id  uuid   not null primary key,
    revision bigint not null
);

-- Keys are looked up by their hash before anybody knows the shop; one without a shop is the operator's.
create table api_keys (
    hash       bytea  not null primary key,
    key_id     uuid   not null,
    shop_id    uuid,
    label      text   not null,
    created_at bigint not null
);
create index api_keys_of_shop on api_keys (shop_id, key_id);

create table connections (
    shop_id       uuid             not null,
    connection_id uuid             not null,
    kind          text collate "C" not null,
    name          text collate "C" not null,
    revision      bigint           not null,
    document      text             not null,
    primary key (shop_id, connection_id)
);
create unique index connections_by_name on connections (shop_id, kind, name);
-- A webhook address names the connection only.
create index connections_by_address on connections (connection_id);

create table connection_secrets (
    shop_id       uuid             not null,
    connection_id uuid             not null,
    name          text collate "C" not null,
    sealed        bytea            not null,
    primary key (shop_id, connection_id, name)
);

create table plugins (
    shop_id      uuid             not null,
    digest       text collate "C" not null,
    name         text collate "C" not null,
    major        bigint           not null,
    active       boolean          not null,
    installed_at bigint           not null,
    document     text             not null,
    primary key (shop_id, digest)
);
create unique index plugins_active on plugins (shop_id, name, major) where active;

create table plugin_components (
    shop_id   uuid             not null,
    digest    text collate "C" not null,
    component bytea            not null,
    primary key (shop_id, digest)
);

create table contents (
    shop_id  uuid             not null,
    name     text collate "C" not null,
    revision bigint           not null,
    saved_at bigint           not null,
    document text             not null,
    primary key (shop_id, name, revision)
);

create table strategies (
    shop_id     uuid             not null,
    strategy_id uuid             not null,
    name        text collate "C" not null,
    document    text             not null,
    primary key (shop_id, strategy_id)
);
create unique index strategies_by_name on strategies (shop_id, name);

create table versions (
    shop_id     uuid   not null,
    version_id  uuid   not null,
    strategy_id uuid   not null,
    number      bigint not null,
    document    text   not null,
    primary key (shop_id, version_id)
);
create unique index versions_by_number on versions (shop_id, strategy_id, number);
