create table api_key (
    id text primary key,
    name text not null,
    role text not null check (role in ('user', 'admin')),
    prefix text not null,
    hash bytea not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
