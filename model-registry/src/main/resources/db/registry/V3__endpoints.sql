-- Which instance serves which model: a lease, good until it expires.
create table endpoint (
    id         text primary key,
    model      text        not null,
    url        text        not null,
    service    text        not null,
    state      text        not null check (state in ('LOADING', 'READY', 'DRAINING')),
    running    integer     not null,
    waiting    integer     not null,
    capacity   integer     not null,
    memory     jsonb       not null,
    ttl        integer     not null,
    expires_at timestamptz not null
);
create index endpoint_model on endpoint (model, expires_at);
