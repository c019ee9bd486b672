"""The log, its inbox, checkpoints and vault. Goes before the code.

There is no downgrade: the log is never taken back, a mistake is mended by the next migration.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
create table events (
    position bigint generated always as identity primary key,
    stream text collate "C" not null,  -- "C": a kind of stream is a range of this column
    version integer not null,
    name text not null,
    schema_version smallint not null,
    data jsonb not null,
    meta jsonb not null,
    recorded_at timestamptz not null,
    constraint events_stream_version_key unique (stream, version)
);

create table inbox (
    command_id uuid primary key,
    fingerprint text,
    answer jsonb,
    recorded_at timestamptz not null
);

create table checkpoints (
    name text primary key,
    position bigint not null,
    shape text,
    moved_at timestamptz not null default clock_timestamp()
);

create table vault (
    ref uuid primary key,
    subject uuid not null,
    kind text not null,
    key bytea,
    body bytea,
    sealed_at timestamptz not null default clock_timestamp(),
    erased_at timestamptz
);

create index ix_vault_subject on vault (subject);

create table reveals (
    id bigint generated always as identity primary key,
    ref uuid not null,
    actor text not null,
    reason text not null,
    revealed_at timestamptz not null default clock_timestamp()
);
"""

# What happened stays: not even the owner of the tables changes it by mistake.
APPEND_ONLY = """
create function refuse_to_change_the_past() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only' using errcode = 'insufficient_privilege';
end
$$;

create trigger events_are_append_only before update or delete or truncate on events
    for each statement execute function refuse_to_change_the_past();

create trigger reveals_are_append_only before update or delete or truncate on reveals
    for each statement execute function refuse_to_change_the_past();
"""

# The one way into the log. Under the lock commits happen in the order of positions, so a reader
# may ask for `position > last` and miss nothing. In a volatile function each statement sees what
# was committed before it began: the second one sees everything up to the lock.
#
# batch: {commands: [{n, chain, id, fingerprint, answer, meta}],
#         checks: [{chain, stream, version}],
#         events: [{n, id, stream, version, name, schema_version, data}],
#         sealed: [{n, ref, subject, kind, key, body}]}
# Commands of one chain stand on each other: all are accepted or none.
APPEND = """
create function append_commands_1(batch jsonb) returns jsonb language plpgsql
set enable_seqscan = off  -- a plan made while the tables were small is kept: use the indexes
as $$
declare
    at timestamptz;
    outcome jsonb;
begin
    perform pg_advisory_xact_lock(4021900);
    at := clock_timestamp();
    with command as materialized (
        select * from jsonb_to_recordset(batch->'commands')
            as c(n int, chain int, id uuid, fingerprint text, answer jsonb, meta jsonb)
    ), seen as materialized (
        select c.n, c.chain, i.fingerprint, i.answer
        from command c
        cross join lateral (
            select i.fingerprint, i.answer from inbox i where i.command_id = c.id limit 1
        ) i
    ), moved as materialized (
        select k.chain, k.stream, k.version as expected, coalesce(latest.version, 0) as version
        from jsonb_to_recordset(batch->'checks') as k(chain int, stream text, version int)
        left join lateral (
            select e.version from events e where e.stream = k.stream order by e.version desc limit 1
        ) latest on true
        where k.version <> coalesce(latest.version, 0)
    ), accepted as materialized (
        select c.* from command c
        where not exists (select from seen s where s.chain = c.chain)
          and not exists (select from moved m where m.chain = c.chain)
    ), noted as (
        insert into inbox (command_id, fingerprint, answer, recorded_at)
        select id, fingerprint, answer, at from accepted
    ), kept as (
        insert into vault (ref, subject, kind, key, body)
        select s.ref, s.subject, s.kind, decode(s.key, 'base64'), decode(s.body, 'base64')
        from jsonb_to_recordset(batch->'sealed')
            as s(n int, ref uuid, subject uuid, kind text, key text, body text)
        join accepted using (n)
        on conflict (ref) do nothing
    ), written as (
        insert into events (stream, version, name, schema_version, data, meta, recorded_at)
        select e.stream, e.version, e.name, e.schema_version, e.data,
               a.meta || jsonb_build_object('event_id', e.id), at
        from (
            select row_number() over () as nth, r.*
            from jsonb_to_recordset(batch->'events') as r(
                n int, id text, stream text, version int, name text, schema_version smallint,
                data jsonb)
        ) e
        join accepted a using (n)
        order by e.nth
        returning position
    )
    select jsonb_build_object(
        'first', (select min(position) from written),
        'previous', (select coalesce(max(position), 0) from events),  -- as it was before
        'recorded_at', at,
        'accepted', (select coalesce(jsonb_agg(n), '[]') from accepted),
        'seen', (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from seen s),
        'moved', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from moved m)
    ) into outcome;
    if outcome->'accepted' <> '[]' then
        perform pg_notify('snp_appended', '');  -- once a batch: in each transaction it costs dearly
    end if;
    return outcome;
end
$$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(APPEND_ONLY)
    op.execute(APPEND)
