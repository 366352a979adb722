/** What the tables of the history are made of. */

/** Marks a file as a history of sweeps: `ZTSH`. */
export const applicationId = 0x5a545348;

/** Version of the tables; a file with a higher one is not touched. */
export const schemaVersion = 1;

/**
 * The tables. Times are milliseconds since 1970, by this machine's clock, and are those of the start
 * of the sweep that has found something. Of findings only changes are kept: what a finding is like
 * now in `findings`, what it was like before in `past_states`; a calm fleet adds one row per sweep.
 *
 * Statuses are indexes of `stateNames`. The fleet itself is the host with the empty name.
 */
export const schema: readonly string[] = [
  `create table sweeps (
    id integer primary key,
    started_ms integer not null,
    duration_ms integer not null,
    is_whole integer not null, -- 0: of a part of the fleet's hosts
    hosts integer not null,
    unreachable integer not null,
    ok integer not null,
    warning integer not null,
    critical integer not null
  ) strict`,
  `create index sweeps_started on sweeps (started_ms)`,
  `create table hosts (
    name text primary key,
    swept_ms integer not null, -- by the last sweep that looked at it
    asked_ms integer,          -- when it answered last
    facts text                 -- what the next sweep wants to know of that answer, as JSON
  ) strict`,
  `create table findings (
    id integer primary key,
    host text not null,
    check_id text not null,
    subject text not null,
    status integer not null,
    previous integer, -- status before this one; null at first
    value text not null,
    since_ms integer not null,
    unique (host, check_id, subject)
  ) strict`,
  `create index findings_since on findings (since_ms)`,
  `create table past_states (
    finding integer not null,
    status integer not null,
    previous integer,
    value text not null,
    since_ms integer not null,
    until_ms integer not null
  ) strict`,
  `create index past_states_finding on past_states (finding, since_ms)`,
  `create index past_states_until on past_states (until_ms)`,
  `create table service_states ( -- spans in which sweeps saw a service in one state
    service text not null,
    is_up integer not null,
    since_ms integer not null,
    until_ms integer not null
  ) strict`,
  `create index service_states_service on service_states (service, until_ms)`,
];
