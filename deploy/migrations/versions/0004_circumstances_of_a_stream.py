"""A command over several requests says of each whose it is: its community, its file.

`append_commands_1` stays, for services of the version before that still run.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

APPEND = """
create function append_commands_2(batch jsonb) returns jsonb language plpgsql
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
               a.meta || coalesce(e.about, '{}') || jsonb_build_object('event_id', e.id), at
        from (
            select row_number() over () as nth, r.*
            from jsonb_to_recordset(batch->'events') as r(
                n int, id text, stream text, version int, name text, schema_version smallint,
                data jsonb, about jsonb)
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
    op.execute(APPEND)
