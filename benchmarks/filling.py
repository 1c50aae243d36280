"""A store full of other people's channels, made by the database itself.

Each channel has 10 seats, 10 pictures for 3 recipients each, and 100 events; its interceptor shows
a false key, and has a finding and an intervention for each picture. Pictures have rows and records,
but no envelope: nothing that is measured reads those of other channels.
"""

from sqlalchemy import Connection, create_engine

from store import normalise_url

SEATS, PICTURES, EVENTS = 10, 10, 100  # of a channel
_SIZE = 20_000  # bytes that each picture's row says it has
_SOON = 2**62  # microseconds since 1970: no channel is over

_SQLITE = {"blob": "randomblob({})", "word": "lower(hex(randomblob(16)))", "true": "1"}
_POSTGRES = {
    "blob": "decode(repeat(md5(random()::text), ({} + 15) / 16), 'hex')",
    "word": "replace(gen_random_uuid()::text, '-', '')",
    "true": "true",
}

_STEPS = (
    """INSERT INTO channel (public_id, key_digest, name, kind, created_at, expires_at,
           owner_ticket_hash, last_seq)
       SELECT {word}, {blob32}, 'filled', 'private', 0, {soon}, {blob32}, {events}
       FROM numbers WHERE n <= {channels}""",
    """INSERT INTO seat (public_id, channel_id, name, name_key, role, token_hash, joined_at,
           last_seen_at, public_key)
       SELECT {word}, channel.id, 'seat ' || n, 'seat ' || n,
           CASE WHEN n = 3 THEN 'sender' WHEN n IN (1, 4, 7) THEN 'receiver'
               ELSE 'interceptor' END,
           {blob32}, 0, 0, {blob422}
       FROM channel CROSS JOIN numbers WHERE channel.id > {last} AND n <= {seats}""",
    """INSERT INTO picture (public_id, channel_id, sender_id, scheme, submission, sent_at, size,
           sha256, row_code)
       SELECT {word}, seat.channel_id, seat.id, 'hybrid', {word}, 0, {size}, {blob32}, {blob32}
       FROM seat CROSS JOIN numbers
       WHERE seat.channel_id > {last} AND seat.name = 'seat 3' AND n <= {pictures}""",
    """INSERT INTO picture_record (picture_id, details, manifest, signature, note, row_code)
       SELECT id, {blob2000}, {blob300}, {blob384}, {blob200}, {blob32}
       FROM picture WHERE channel_id > {last}""",
    """INSERT INTO picture_recipient (picture_id, seat_id, fingerprint)
       SELECT picture.id, seat.id, {blob32}
       FROM picture JOIN seat ON seat.channel_id = picture.channel_id
       WHERE picture.channel_id > {last} AND seat.name IN ('seat 1', 'seat 4', 'seat 7')""",
    """INSERT INTO event (channel_id, seq, kind, at, detail)
       SELECT channel.id, n, CASE WHEN n > 90 THEN 'sent' ELSE 'joined' END, 0, ''
       FROM channel CROSS JOIN numbers WHERE channel.id > {last} AND n <= {events}""",
    """INSERT INTO finding (seat_id, picture_id, attack, found_at, size)
       SELECT seat.id, picture.id, 'fermat', 0, 1000
       FROM picture JOIN seat ON seat.channel_id = picture.channel_id
       WHERE picture.channel_id > {last} AND seat.name = 'seat 2'""",
    """INSERT INTO key_swap (channel_id, receiver_id, interceptor_id, started_at, public_key,
           fingerprint, locked_key)
       SELECT one.channel_id, one.id, other.id, 0, {blob422}, {blob32}, {blob2000}
       FROM seat AS one JOIN seat AS other ON other.channel_id = one.channel_id
       WHERE one.channel_id > {last} AND one.name = 'seat 1' AND other.name = 'seat 2'""",
    """INSERT INTO key_swap_signer (key_swap_id, sender_id, public_key, locked_key)
       SELECT key_swap.id, seat.id, {blob422}, {blob2000}
       FROM key_swap JOIN seat ON seat.channel_id = key_swap.channel_id
       WHERE seat.channel_id > {last} AND seat.name = 'seat 3'""",
    """INSERT INTO intervention (picture_id, seat_id, receiver_id, key_swap_id, act, kind, done_at,
           detail, size, row_code)
       SELECT picture.id, key_swap.interceptor_id, key_swap.receiver_id, key_swap.id, {word},
           'relay', 0, '', {size}, {blob32}
       FROM picture JOIN key_swap ON key_swap.channel_id = picture.channel_id
       WHERE picture.channel_id > {last}""",
    """INSERT INTO alarm (channel_id, seat_id, peer_id, key_swap_id, raised_at, pictures_read)
       SELECT channel_id, receiver_id, interceptor_id, id, 0, 0
       FROM key_swap WHERE channel_id > {last}""",
    """INSERT INTO bucket (name, tokens, filled_at, granted, full_at)
       SELECT {word}, 0, 0, {true}, {soon} FROM channel WHERE id > {last}""",
)


def fill(url: str, pictures: int) -> None:
    """Adds channels with so many pictures in all, and ten times as many events."""
    engine = create_engine(normalise_url(url))
    try:
        with engine.begin() as connection:
            _fill(connection, pictures // PICTURES)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if engine.dialect.name == "postgresql":  # as its autovacuum does before long
                connection.exec_driver_sql("VACUUM ANALYZE")
            else:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


def _fill(connection: Connection, channels: int) -> None:
    run = connection.exec_driver_sql
    words = _POSTGRES if connection.dialect.name == "postgresql" else _SQLITE
    last = run("SELECT coalesce(max(id), 0) FROM channel").scalar_one()
    most = max(channels, EVENTS)
    run("CREATE TEMPORARY TABLE numbers (n INTEGER)")
    run(
        "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted "  # noqa: S608
        f"WHERE n < {most}) INSERT INTO numbers SELECT n FROM counted"
    )
    blobs = {f"blob{size}": words["blob"].format(size) for size in (32, 200, 300, 384, 422, 2000)}
    numbers = {
        "channels": channels,
        "last": last,
        "seats": SEATS,
        "pictures": PICTURES,
        "events": EVENTS,
        "size": _SIZE,
        "soon": _SOON,
    }
    for step in _STEPS:
        run(step.format(**blobs, **numbers, word=words["word"], true=words["true"]))
    run("DROP TABLE numbers")
