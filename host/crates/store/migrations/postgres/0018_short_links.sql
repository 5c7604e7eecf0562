-- Of which message a short link is; where it leads stands in the message, and they go together.
create table short_links (
    shop_id    uuid not null,
    token      text not null,
    message_id uuid not null,
    primary key (shop_id, token),
    foreign key (shop_id, message_id) references messages on delete cascade
);
create index short_links_of_message on short_links (shop_id, message_id);
-- Whoever opens a link names no shop.
create index short_links_by_token on short_links (token);
