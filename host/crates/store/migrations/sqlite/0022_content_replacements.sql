-- Contents that took the place of those that a version was published with (S28). The last one counts; the ones before
-- stay, so that reports know what was said when.
create table content_replacements (
    shop_id     blob    not null,
    version_id  blob    not null,
    name        text    not null,
    revision    integer not null,
    replaced_at integer not null,
    primary key (shop_id, version_id, name, revision)
) strict, without rowid;
