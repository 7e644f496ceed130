-- Published designs: known by their configurations, before any weight is there. The architecture's columns are those
-- of model_version, so that both are searched alike.
create table design (
    name              text primary key,
    vendor            text    not null,
    released          text    not null check (released ~ '^[0-9]{4}-[0-9]{2}$'),
    claimed_total     text    not null,
    claimed_active    text,
    config            jsonb   not null,
    family            text    not null,
    model_type        text    not null,
    layers            integer not null,
    hidden_size       integer not null,
    vocabulary        integer not null,
    context_length    integer not null,
    parameters_total  bigint  not null,
    parameters_active bigint  not null,
    experts_routed    integer,
    experts_used      integer,
    attention_kinds   text[]  not null,
    kv_bytes_token    bigint  not null,
    kv_bytes_max      bigint  not null,
    tied              boolean not null,
    positional        text    not null,
    norm_placement    text    not null,
    norm_kind         text    not null,
    qk_norm           text    not null,
    facts             jsonb   not null
);
