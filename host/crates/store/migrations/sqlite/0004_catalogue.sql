-- Products: what cart lines do not say themselves.

create table products (
    shop_id    blob    not null,
    product_id text    not null,
    revision   integer not null,
    document   text    not null,
    primary key (shop_id, product_id)
) strict, without rowid;
