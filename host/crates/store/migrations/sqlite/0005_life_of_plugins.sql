-- The life of plugins in service: where each version stands, and what was done to it and found out about it.

drop index plugins_active;
alter table plugins add column stage text not null default 'installed';
update plugins set stage = 'active' where active = 1;
alter table plugins drop column active;
-- One version decides, and one may try, for each name and major version.
create unique index plugins_active on plugins (shop_id, name, major) where stage = 'active';
create unique index plugins_canary on plugins (shop_id, name, major) where stage = 'canary';

-- Plugins that were stopped, all versions of a name.
create table plugin_kills (
    shop_id  blob not null,
    name     text not null,
    document text not null,
    primary key (shop_id, name)
) strict, without rowid;

-- Circuit breakers of versions that failed since they came to their stage; the others have no row.
create table plugin_breakers (
    shop_id  blob    not null,
    digest   text    not null,
    revision integer not null,
    document text    not null,
    primary key (shop_id, digest)
) strict, without rowid;

-- What is written down beside the ledger: the audit by name of the plugin, refused uploads, and by digest the traps,
-- the lines of its log and where a shadow differs. Traps and differences hold the facts of a customer: `run_id` says
-- whose, for whoever erases.
create table plugin_notes (
    shop_id  blob    not null,
    kind     text    not null,
    subject  text    not null,
    note_id  blob    not null,
    at       integer not null,
    run_id   blob,
    document text    not null,
    primary key (shop_id, kind, subject, note_id)
) strict, without rowid;
create index plugin_notes_of_run on plugin_notes (shop_id, run_id) where run_id is not null;

-- Figures of a version, summed over nodes: one row for each day and name.
create table plugin_figures (
    shop_id blob    not null,
    digest  text    not null,
    day     text    not null,
    name    text    not null,
    value   integer not null,
    primary key (shop_id, digest, day, name)
) strict, without rowid;
