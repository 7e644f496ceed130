-- What a client's list of models says of each: its longest context, and since when it is served.
alter table endpoint add column max_model_len integer not null default 0;
alter table endpoint add column created_seconds bigint not null default 0;
