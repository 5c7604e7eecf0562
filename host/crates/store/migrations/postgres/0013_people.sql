-- People who sign in. They stand above the shops, so that one may have roles in several.

create table users (
    user_id    uuid             not null primary key,
    name       text collate "C" not null,
    standing   text             not null,
    password   text             not null,
    created_at bigint           not null
);
create unique index users_by_name on users (name);

create table members (
    shop_id uuid not null,
    user_id uuid not null,
    role    text not null,
    primary key (shop_id, user_id)
);
create index members_by_user on members (user_id);

-- Looked up by the hash of what is in the cookie.
create table sessions (
    hash       bytea  not null primary key,
    user_id    uuid   not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index sessions_by_user on sessions (user_id);

-- Links that work once.
create table links (
    hash       bytea  not null primary key,
    expires_at bigint not null,
    document   text   not null
);
