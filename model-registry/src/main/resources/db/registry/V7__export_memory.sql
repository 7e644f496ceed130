-- What an export's engines were planned to take beside what they took, as last reported: outlives their leases. 0 is
-- not known.
create table export_memory (
    export_id             bigint primary key references export on delete cascade,
    predicted_kv_bytes    bigint      not null,
    reserved_kv_bytes     bigint      not null,
    predicted_total_bytes bigint      not null,
    peak_total_bytes      bigint      not null,
    reported_at           timestamptz not null
);
alter table endpoint add column target text;
