-- Customers, runs and messages. Every row has a revision that moves by one with each change: whoever builds on an
-- older one is refused. `customer_id` is true over whatever the document says, because merging moves rows by it.

create table customers (
    shop_id     blob    not null,
    customer_id blob    not null,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, customer_id)
) strict;

-- Customers that turned out to be another, with the one they are now.
create table merged_customers (
    shop_id     blob not null,
    customer_id blob not null,
    became      blob not null,
    primary key (shop_id, customer_id)
) strict, without rowid;
create index merged_customers_by_heir on merged_customers (shop_id, became);

create table identities (
    shop_id     blob not null,
    kind        text not null,
    value       text not null,
    customer_id blob not null,
    primary key (shop_id, kind, value),
    foreign key (shop_id, customer_id) references customers
) strict, without rowid;
create index identities_of_customer on identities (shop_id, customer_id);

create table carts (
    shop_id     blob    not null,
    cart_id     blob    not null,
    customer_id blob    not null,
    open        integer not null,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, cart_id),
    foreign key (shop_id, customer_id) references customers
) strict;
create index carts_of_customer on carts (shop_id, customer_id, open);

create table orders (
    shop_id     blob    not null,
    order_id    text    not null,
    customer_id blob    not null,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, order_id),
    foreign key (shop_id, customer_id) references customers
) strict;
create index orders_of_customer on orders (shop_id, customer_id);

create table runs (
    shop_id     blob    not null,
    run_id      blob    not null,
    customer_id blob    not null,
    strategy_id blob    not null,
    run_key     text    not null,
    active      integer not null,
    due_at      integer,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, run_id),
    foreign key (shop_id, customer_id) references customers
) strict;
-- Never two active runs of a strategy for one key (S07).
create unique index runs_active on runs (shop_id, strategy_id, run_key) where active = 1;
create index runs_due on runs (shop_id, due_at, run_id) where due_at is not null;
create index runs_of_customer on runs (shop_id, customer_id, run_id);
create index runs_of_strategy on runs (shop_id, strategy_id, run_id);

create table messages (
    shop_id     blob    not null,
    message_id  blob    not null,
    run_id      blob    not null,
    customer_id blob    not null,
    created_at  integer not null,
    due_at      integer,
    provider_id text,
    revision    integer not null,
    document    text    not null,
    primary key (shop_id, message_id),
    foreign key (shop_id, run_id) references runs,
    foreign key (shop_id, customer_id) references customers
) strict;
create index messages_due on messages (shop_id, due_at, message_id) where due_at is not null;
create index messages_by_provider on messages (shop_id, provider_id) where provider_id is not null;
create index messages_of_run on messages (shop_id, run_id);
create index messages_of_customer on messages (shop_id, customer_id);
create index messages_newest on messages (shop_id, created_at, message_id);

create table traces (
    shop_id  blob    not null,
    run_id   blob    not null,
    sequence integer not null,
    document text    not null,
    primary key (shop_id, run_id, sequence)
) strict;

create table inbox (
    shop_id    blob    not null,
    message_id blob    not null,
    at         integer not null,
    recipient  text    not null,
    document   text    not null,
    primary key (shop_id, message_id)
) strict;
create index inbox_newest on inbox (shop_id, at, message_id);
