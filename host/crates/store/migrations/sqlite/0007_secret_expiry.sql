-- When a secret that a provider gave expires.

alter table connection_secrets add column expires_at integer;
