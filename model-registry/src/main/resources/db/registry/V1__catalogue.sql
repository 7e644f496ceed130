-- What the registry knows. Files lie below the models folder; rows appear only once their files are complete.

create table model (
    id         bigint generated always as identity primary key,
    name       text        not null unique,
    created_at timestamptz not null default now()
);

-- A checkpoint under a name. The version chosen last is the model's current one.
-- The architecture's columns follow from config.json alone; facts holds all that inspect prints.
create table model_version (
    id                bigint generated always as identity primary key,
    model_id          bigint      not null references model on delete cascade,
    digest            text        not null check (digest ~ '^[0-9a-f]{64}$'),
    source            text        not null,
    folder            text        not null,
    bytes             bigint      not null,
    created_at        timestamptz not null default now(),
    chosen_at         timestamptz not null default now(),
    family            text        not null,
    model_type        text        not null,
    layers            integer     not null,
    hidden_size       integer     not null,
    vocabulary        integer     not null,
    context_length    integer     not null,
    parameters_total  bigint      not null,
    parameters_active bigint      not null,
    experts_routed    integer,
    experts_used      integer,
    attention_kinds   text[]      not null,
    kv_bytes_token    bigint      not null,
    kv_bytes_max      bigint      not null,
    tied              boolean     not null,
    positional        text        not null,
    norm_placement    text        not null,
    norm_kind         text        not null,
    qk_norm           text        not null,
    facts             jsonb       not null,
    unique (model_id, digest)
);
create index model_version_digest on model_version (digest);
create index model_version_family on model_version (family);
create index model_version_attention on model_version using gin (attention_kinds);

create view current_version as
select distinct on (model_id) *
from model_version
order by model_id, chosen_at desc, id desc;

create table model_file (
    version_id bigint not null references model_version on delete cascade,
    name       text   not null,
    bytes      bigint not null,
    sha256     text   not null check (sha256 ~ '^[0-9a-f]{64}$'),
    primary key (version_id, name)
);

-- A graph and its weights for one target.
create table export (
    id           bigint generated always as identity primary key,
    version_id   bigint      not null references model_version on delete cascade,
    target       text        not null,
    bytes        bigint      not null,
    state        text        not null default 'UNPROVEN'
        check (state in ('UNPROVEN', 'PROVING', 'PROVEN', 'AMBIGUOUS', 'FAILED')),
    seconds      double precision not null,
    created_at   timestamptz not null default now(),
    proof_due_at timestamptz not null default now(),
    unique (version_id, target)
);

create table proof (
    id         bigint generated always as identity primary key,
    export_id  bigint      not null references export on delete cascade,
    verdict    text        not null check (verdict in ('PASS', 'FAIL', 'AMBIGUOUS', 'REFUSED')),
    report     jsonb       not null,
    prover     text        not null,
    seconds    double precision not null,
    created_at timestamptz not null default now()
);
create index proof_export on proof (export_id);
