-- Products: what cart lines do not say themselves.

create table products (
    shop_id    uuid             not null,
    product_id text collate "C" not null,
    revision   bigint           not null,
    document   text             not null,
    primary key (shop_id, product_id)
) with (fillfactor = 80);
