-- What providers say of the templates of a channel, and when they are asked next.
create table template_books (
    shop_id       uuid   not null,
    connection_id uuid   not null,
    due_at        bigint,
    revision      bigint not null,
    document      text   not null,
    primary key (shop_id, connection_id),
    foreign key (shop_id, connection_id) references connections on delete cascade
);
create index template_books_due on template_books (shop_id, due_at) where due_at is not null;
