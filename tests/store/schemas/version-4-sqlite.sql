CREATE TABLE bucket (
    name VARCHAR(120) NOT NULL,
    tokens FLOAT NOT NULL,
    filled_at BIGINT NOT NULL,
    granted BOOLEAN NOT NULL,
    CONSTRAINT pk_bucket PRIMARY KEY (name)
);

CREATE TABLE channel (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    public_id VARCHAR(64) NOT NULL,
    key_digest BLOB NOT NULL,
    name TEXT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT,
    purged_at BIGINT,
    owner_id INTEGER,
    owner_ticket_hash BLOB NOT NULL,
    last_seq BIGINT DEFAULT 0 NOT NULL,
    locked BOOLEAN DEFAULT 0 NOT NULL,
    approval BOOLEAN DEFAULT 0 NOT NULL,
    interceptors BOOLEAN DEFAULT 1 NOT NULL,
    tampering BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT uq_channel_public_id UNIQUE (public_id),
    CONSTRAINT uq_channel_key_digest UNIQUE (key_digest)
);

CREATE INDEX ix_channel_expires_at ON channel (expires_at);

CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    CONSTRAINT pk_schema_version PRIMARY KEY (version)
);

CREATE TABLE store_fact (
    name VARCHAR(40) NOT NULL,
    value BLOB NOT NULL,
    CONSTRAINT pk_store_fact PRIMARY KEY (name)
);

CREATE TABLE event (
    channel_id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind VARCHAR(40) NOT NULL,
    at BIGINT NOT NULL,
    seat_id INTEGER,
    image_public_id VARCHAR(64),
    detail TEXT NOT NULL,
    CONSTRAINT pk_event PRIMARY KEY (channel_id, seq),
    CONSTRAINT fk_event_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE
);

CREATE TABLE seat (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    public_id VARCHAR(64) NOT NULL,
    channel_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    role VARCHAR(16) NOT NULL,
    token_hash BLOB NOT NULL,
    joined_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    left_at BIGINT,
    public_key BLOB,
    locked_key BLOB,
    classroom_public_key BLOB,
    locked_classroom_key BLOB,
    waiting BOOLEAN DEFAULT 0 NOT NULL,
    CONSTRAINT uq_seat_public_id UNIQUE (public_id),
    CONSTRAINT fk_seat_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT uq_seat_token_hash UNIQUE (token_hash)
);

CREATE INDEX ix_seat_channel_id ON seat (channel_id);

CREATE UNIQUE INDEX uq_seat_name_while_held ON seat (channel_id, role, name_key) WHERE left_at IS NULL;

CREATE TABLE image (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    public_id VARCHAR(64) NOT NULL,
    channel_id INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    scheme VARCHAR(40) NOT NULL,
    submission VARCHAR(64) NOT NULL,
    sent_at BIGINT NOT NULL,
    size BIGINT NOT NULL,
    sha256 BLOB NOT NULL,
    row_code BLOB NOT NULL,
    openings BIGINT DEFAULT 0 NOT NULL,
    max_openings BIGINT,
    until_all_opened BOOLEAN DEFAULT 0 NOT NULL,
    damaged_at BIGINT,
    CONSTRAINT uq_image_sender_id_submission UNIQUE (sender_id, submission),
    CONSTRAINT uq_image_public_id UNIQUE (public_id),
    CONSTRAINT fk_image_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT fk_image_sender_id FOREIGN KEY(sender_id) REFERENCES seat (id) ON DELETE CASCADE
);

CREATE INDEX ix_image_channel_id ON image (channel_id);

CREATE TABLE known_key (
    seat_id INTEGER NOT NULL,
    peer_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    first_seen_at BIGINT NOT NULL,
    compared_at BIGINT,
    CONSTRAINT pk_known_key PRIMARY KEY (seat_id, peer_id),
    CONSTRAINT fk_known_key_seat_id FOREIGN KEY(seat_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_known_key_peer_id FOREIGN KEY(peer_id) REFERENCES seat (id) ON DELETE CASCADE
);

CREATE INDEX ix_known_key_peer_id ON known_key (peer_id);

CREATE TABLE substitution (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL,
    receiver_id INTEGER NOT NULL,
    interceptor_id INTEGER NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    discovered_at BIGINT,
    public_key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    locked_key BLOB NOT NULL,
    CONSTRAINT fk_substitution_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT fk_substitution_receiver_id FOREIGN KEY(receiver_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_substitution_interceptor_id FOREIGN KEY(interceptor_id) REFERENCES seat (id) ON DELETE CASCADE
);

CREATE INDEX ix_substitution_channel_id ON substitution (channel_id);

CREATE INDEX ix_substitution_interceptor_id ON substitution (interceptor_id);

CREATE UNIQUE INDEX uq_substitution_in_force ON substitution (receiver_id) WHERE ended_at IS NULL;

CREATE TABLE alarm (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    channel_id INTEGER NOT NULL,
    seat_id INTEGER NOT NULL,
    peer_id INTEGER NOT NULL,
    substitution_id INTEGER,
    raised_at BIGINT NOT NULL,
    images_read INTEGER NOT NULL,
    CONSTRAINT fk_alarm_channel_id FOREIGN KEY(channel_id) REFERENCES channel (id) ON DELETE CASCADE,
    CONSTRAINT fk_alarm_seat_id FOREIGN KEY(seat_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_alarm_peer_id FOREIGN KEY(peer_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_alarm_substitution_id FOREIGN KEY(substitution_id) REFERENCES substitution (id) ON DELETE CASCADE
);

CREATE INDEX ix_alarm_channel_id ON alarm (channel_id);

CREATE TABLE finding (
    seat_id INTEGER NOT NULL,
    image_id INTEGER NOT NULL,
    attack VARCHAR(40) NOT NULL,
    n INTEGER NOT NULL,
    found_at BIGINT NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT pk_finding PRIMARY KEY (seat_id, image_id, attack, n),
    CONSTRAINT fk_finding_seat_id FOREIGN KEY(seat_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_finding_image_id FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);

CREATE INDEX ix_finding_image_id ON finding (image_id);

CREATE TABLE image_chunk (
    image_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT pk_image_chunk PRIMARY KEY (image_id, n),
    CONSTRAINT fk_image_chunk_image_id FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);

CREATE TABLE image_recipient (
    image_id INTEGER NOT NULL,
    seat_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    opened_at BIGINT,
    CONSTRAINT pk_image_recipient PRIMARY KEY (image_id, seat_id),
    CONSTRAINT fk_image_recipient_image_id FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE,
    CONSTRAINT fk_image_recipient_seat_id FOREIGN KEY(seat_id) REFERENCES seat (id) ON DELETE CASCADE
);

CREATE INDEX ix_image_recipient_seat_id ON image_recipient (seat_id);

CREATE TABLE image_record (
    image_id INTEGER NOT NULL,
    details BLOB NOT NULL,
    manifest BLOB NOT NULL,
    signature BLOB NOT NULL,
    note BLOB NOT NULL,
    row_code BLOB NOT NULL,
    CONSTRAINT pk_image_record PRIMARY KEY (image_id),
    CONSTRAINT fk_image_record_image_id FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE
);

CREATE TABLE intervention (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    image_id INTEGER NOT NULL,
    seat_id INTEGER NOT NULL,
    receiver_id INTEGER,
    source_id INTEGER,
    substitution_id INTEGER,
    act VARCHAR(64) NOT NULL,
    kind VARCHAR(16) NOT NULL,
    done_at BIGINT NOT NULL,
    detail TEXT NOT NULL,
    size BIGINT,
    sha256 BLOB,
    row_code BLOB NOT NULL,
    CONSTRAINT uq_intervention_image_id_receiver_id UNIQUE (image_id, receiver_id),
    CONSTRAINT fk_intervention_image_id FOREIGN KEY(image_id) REFERENCES image (id) ON DELETE CASCADE,
    CONSTRAINT fk_intervention_seat_id FOREIGN KEY(seat_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_intervention_receiver_id FOREIGN KEY(receiver_id) REFERENCES seat (id) ON DELETE CASCADE,
    CONSTRAINT fk_intervention_source_id FOREIGN KEY(source_id) REFERENCES image (id) ON DELETE CASCADE,
    CONSTRAINT fk_intervention_substitution_id FOREIGN KEY(substitution_id) REFERENCES substitution (id) ON DELETE CASCADE
);

CREATE INDEX ix_intervention_act ON intervention (act);

CREATE INDEX ix_intervention_source_id ON intervention (source_id);

CREATE TABLE substitution_signer (
    substitution_id INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    public_key BLOB NOT NULL,
    locked_key BLOB NOT NULL,
    CONSTRAINT pk_substitution_signer PRIMARY KEY (substitution_id, sender_id),
    CONSTRAINT fk_substitution_signer_substitution_id FOREIGN KEY(substitution_id) REFERENCES substitution (id) ON DELETE CASCADE,
    CONSTRAINT fk_substitution_signer_sender_id FOREIGN KEY(sender_id) REFERENCES seat (id) ON DELETE CASCADE
);

CREATE TABLE intervention_chunk (
    intervention_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT pk_intervention_chunk PRIMARY KEY (intervention_id, n),
    CONSTRAINT fk_intervention_chunk_intervention_id FOREIGN KEY(intervention_id) REFERENCES intervention (id) ON DELETE CASCADE
);

CREATE TABLE intervention_record (
    intervention_id INTEGER NOT NULL,
    details BLOB NOT NULL,
    manifest BLOB NOT NULL,
    signature BLOB NOT NULL,
    row_code BLOB NOT NULL,
    CONSTRAINT pk_intervention_record PRIMARY KEY (intervention_id),
    CONSTRAINT fk_intervention_record_intervention_id FOREIGN KEY(intervention_id) REFERENCES intervention (id) ON DELETE CASCADE
);
