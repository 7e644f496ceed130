create table run (
    id bigint generated always as identity primary key,
    name text not null,
    model text not null,
    state text not null check (state in ('QUEUED', 'RUNNING', 'FINISHED', 'FAILED', 'CANCELLED', 'ABORTED')),
    -- As the client wrote it, with every default filled in.
    scenario jsonb not null,
    -- What the run is compared with: {"run": id or null, "results": {...}}. A copy, so that the verdict outlives the other run.
    baseline jsonb,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    message text not null default '',
    results jsonb,
    verdict jsonb
);

create index run_open on run (id) where state in ('QUEUED', 'RUNNING');
create index run_by_model on run (model, id);
