-- An import's state outlives the process that works on it. Whoever works on a job owns it until owned_until and
-- renews that; what a dead owner left is taken up by the next.
create table import_job (
    id          bigint generated always as identity primary key,
    name        text        not null,
    source      text        not null,
    revision    text,
    state       text        not null default 'QUEUED'
        check (state in ('QUEUED', 'COPYING', 'CHECKING', 'EXPORTING', 'READY', 'FAILED')),
    bytes_done  bigint      not null default 0,
    bytes_total bigint      not null default 0,
    message     text        not null default '',
    digest      text,
    attempts    integer     not null default 0,
    owner       text,
    owned_until timestamptz,
    created_at  timestamptz not null default now(),
    updated_at  timestamptz not null default now()
);
create index import_job_unfinished on import_job (name, id) where state not in ('READY', 'FAILED');
