-- As whom somebody is known here who signs in at an OpenID provider. People stand above the shops, and so do these.
create table accounts (
    issuer  text collate "C" not null,
    subject text collate "C" not null,
    user_id uuid             not null,
    kept_by text             not null,
    primary key (issuer, subject)
);
create unique index accounts_by_user on accounts (user_id, issuer);

-- What a provider has proved is good for one session: its nonce stands here until it would be refused for its age.
create table used_nonces (
    hash       bytea  not null primary key,
    expires_at bigint not null
);
