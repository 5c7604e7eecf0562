-- Contents that took the place of those that a version was published with (S28). The last one counts; the ones before
-- stay, so that reports know what was said when.
create table content_replacements (
    shop_id     uuid             not null,
    version_id  uuid             not null,
    name        text collate "C" not null,
    revision    bigint           not null,
    replaced_at bigint           not null,
    primary key (shop_id, version_id, name, revision)
);
