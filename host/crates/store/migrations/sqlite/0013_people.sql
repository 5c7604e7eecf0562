-- People who sign in. They stand above the shops, so that one may have roles in several.

create table users (
    user_id    blob    not null primary key,
    name       text    not null,
    standing   text    not null,
    password   text    not null,
    created_at integer not null
) strict, without rowid;
create unique index users_by_name on users (name);

create table members (
    shop_id blob not null,
    user_id blob not null,
    role    text not null,
    primary key (shop_id, user_id)
) strict, without rowid;
create index members_by_user on members (user_id);

-- Looked up by the hash of what is in the cookie.
create table sessions (
    hash       blob    not null primary key,
    user_id    blob    not null,
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;
create index sessions_by_user on sessions (user_id);

-- Links that work once.
create table links (
    hash       blob    not null primary key,
    expires_at integer not null,
    document   text    not null
) strict, without rowid;
