-- How often an export was taken to be proven: the pause before the next time grows with it.
alter table export add column proof_attempts integer not null default 0;
