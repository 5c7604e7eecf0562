-- The life of plugins in service: where each version stands, and what was done to it and found out about it.

drop index plugins_active;
alter table plugins add column stage text collate "C" not null default 'installed';
update plugins set stage = 'active' where active;
alter table plugins drop column active;
-- One version decides, and one may try, for each name and major version.
create unique index plugins_active on plugins (shop_id, name, major) where stage = 'active';
create unique index plugins_canary on plugins (shop_id, name, major) where stage = 'canary';

-- Plugins that were stopped, all versions of a name.
create table plugin_kills (
    shop_id  uuid             not null,
    name     text collate "C" not null,
    document text             not null,
    primary key (shop_id, name)
);

-- Circuit breakers of versions that failed since they came to their stage; the others have no row.
create table plugin_breakers (
    shop_id  uuid             not null,
    digest   text collate "C" not null,
    revision bigint           not null,
    document text             not null,
    primary key (shop_id, digest)
) with (fillfactor = 80);

-- What is written down beside the ledger: the audit by name of the plugin, refused uploads, and by digest the traps,
-- the lines of its log and where a shadow differs. Traps and differences hold the facts of a customer: `run_id` says
-- whose, for whoever erases.
create table plugin_notes (
    shop_id  uuid             not null,
    kind     text collate "C" not null,
    subject  text collate "C" not null,
    note_id  uuid             not null,
    at       bigint           not null,
    run_id   uuid,
    document text             not null,
    primary key (shop_id, kind, subject, note_id)
);
create index plugin_notes_of_run on plugin_notes (shop_id, run_id) where run_id is not null;

-- Figures of a version, summed over nodes: one row for each day and name.
create table plugin_figures (
    shop_id uuid             not null,
    digest  text collate "C" not null,
    day     text collate "C" not null,
    name    text collate "C" not null,
    value   bigint           not null,
    primary key (shop_id, digest, day, name)
) with (fillfactor = 80);
