-- What seals the links in a shop's messages: they are kept as long as the mail they stand in.
create table link_keys (
    shop_id blob not null primary key,
    key     blob not null
) strict, without rowid;
