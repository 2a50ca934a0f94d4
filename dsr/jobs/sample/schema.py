"""The schema of the sample's app database, as an AI-API relay that grew over years would have it."""

SCHEMA = """
CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY, applied_at DATETIME NOT NULL);
CREATE TABLE models (
    name VARCHAR(64) PRIMARY KEY, provider VARCHAR(64) NOT NULL, cents_per_million INTEGER NOT NULL);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY, line1 VARCHAR(160) NOT NULL, city VARCHAR(80), postcode VARCHAR(16),
    country CHAR(2), unused_since DATETIME);
CREATE TABLE users (
    id INTEGER PRIMARY KEY, email VARCHAR(254) NOT NULL UNIQUE, nickname VARCHAR(128) NOT NULL DEFAULT '',
    name VARCHAR(128), password_hash VARCHAR(128) NOT NULL, phone VARCHAR(24), language CHAR(2), country CHAR(2),
    status VARCHAR(12) NOT NULL, address_id INTEGER REFERENCES addresses (id), inviter_id INTEGER REFERENCES users (id),
    last_login_at DATETIME, last_login_ip VARCHAR(45), created_at DATETIME NOT NULL, closed_at DATETIME);
CREATE INDEX users_address ON users (address_id);
CREATE INDEX users_inviter ON users (inviter_id);
CREATE TABLE old_emails (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), address VARCHAR(254) NOT NULL,
    replaced_at DATETIME NOT NULL);
CREATE INDEX old_emails_user ON old_emails (user_id);
CREATE TABLE oauth_accounts (
    provider VARCHAR(20), provider_user_id VARCHAR(64), user_id INTEGER NOT NULL
    REFERENCES users (id) ON DELETE CASCADE, display_name VARCHAR(128), linked_at DATETIME NOT NULL,
    PRIMARY KEY (provider, provider_user_id));
CREATE INDEX oauth_accounts_user ON oauth_accounts (user_id);
CREATE TABLE sessions (
    id CHAR(36) PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash CHAR(64) NOT NULL, ip VARCHAR(45), user_agent VARCHAR(200), created_at DATETIME NOT NULL,
    last_used_at DATETIME);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE TABLE api_keys (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), label VARCHAR(64),
    prefix VARCHAR(12) NOT NULL, key_hash CHAR(64) NOT NULL UNIQUE, created_at DATETIME NOT NULL,
    last_used_at DATETIME, revoked_at DATETIME);
CREATE INDEX api_keys_user ON api_keys (user_id);
CREATE TABLE consents (
    user_id INTEGER NOT NULL REFERENCES users (id), purpose VARCHAR(40), given_at DATETIME NOT NULL,
    withdrawn_at DATETIME, ip VARCHAR(45), PRIMARY KEY (user_id, purpose));
CREATE TABLE abuse_flags (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), kind VARCHAR(40) NOT NULL,
    detector VARCHAR(80), outcome VARCHAR(40), raised_at DATETIME NOT NULL);
CREATE INDEX abuse_flags_user ON abuse_flags (user_id);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), status VARCHAR(12) NOT NULL,
    currency CHAR(3) NOT NULL, total_cents INTEGER NOT NULL, ip VARCHAR(45), note TEXT,
    created_at DATETIME NOT NULL, completed_at DATETIME);
CREATE INDEX orders_user ON orders (user_id);
CREATE TABLE order_items (
    order_id INTEGER NOT NULL REFERENCES orders (id), line INTEGER NOT NULL, sku VARCHAR(40) NOT NULL,
    quantity INTEGER NOT NULL, cents INTEGER NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE invoices (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), number VARCHAR(32) NOT NULL UNIQUE,
    buyer_name VARCHAR(128), buyer_country CHAR(2), nickname VARCHAR(128), total_cents INTEGER NOT NULL,
    issued_at DATETIME);
CREATE INDEX invoices_order ON invoices (order_id);
CREATE TABLE payments (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), provider VARCHAR(20) NOT NULL,
    provider_payment_id VARCHAR(40) NOT NULL UNIQUE, status VARCHAR(12) NOT NULL, paid_at DATETIME, raw JSON);
CREATE INDEX payments_order ON payments (order_id);
CREATE TABLE balances (
    user_id INTEGER NOT NULL REFERENCES users (id), currency CHAR(3) NOT NULL, amount_micros INTEGER NOT NULL,
    updated_at DATETIME NOT NULL, PRIMARY KEY (user_id, currency));
CREATE TABLE balance_ledger (
    user_id INTEGER NOT NULL, currency CHAR(3) NOT NULL, seq INTEGER NOT NULL, kind VARCHAR(12) NOT NULL,
    amount_micros INTEGER NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (user_id, currency, seq),
    FOREIGN KEY (user_id, currency) REFERENCES balances (user_id, currency));
CREATE TABLE webhooks (
    id CHAR(36) PRIMARY KEY, provider VARCHAR(20) NOT NULL, event VARCHAR(40) NOT NULL, payload JSON NOT NULL,
    received_at DATETIME NOT NULL);

CREATE TABLE logs (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, type VARCHAR(12) NOT NULL, created_at INTEGER NOT NULL,
    username VARCHAR(128), content TEXT, model VARCHAR(64), token_label VARCHAR(64), prompt_tokens INTEGER,
    completion_tokens INTEGER, quota INTEGER NOT NULL, ip VARCHAR(45), request_id CHAR(16));
CREATE INDEX logs_user ON logs (user_id);
CREATE INDEX logs_created ON logs (created_at, type);
CREATE TABLE usage_monthly (
    user_id INTEGER NOT NULL REFERENCES users (id), month DATE NOT NULL, model VARCHAR(64) NOT NULL
    REFERENCES models (name), requests INTEGER NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (user_id, month, model));
CREATE TABLE error_samples (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), kind VARCHAR(12) NOT NULL,
    request_id CHAR(16), prompt TEXT, output TEXT, created_at DATETIME NOT NULL);
CREATE INDEX error_samples_user ON error_samples (user_id);
CREATE TABLE media_files (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), object_key VARCHAR(300) NOT NULL UNIQUE,
    delivery_url VARCHAR(400), model VARCHAR(64), bytes INTEGER NOT NULL, generated_at DATETIME NOT NULL);
CREATE INDEX media_files_user ON media_files (user_id);

CREATE TABLE contacts (
    id CHAR(36) PRIMARY KEY, email VARCHAR(254) NOT NULL, name VARCHAR(128), last_wrote_at DATETIME NOT NULL);
CREATE INDEX contacts_email ON contacts (email);
CREATE TABLE tickets (
    id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), requester_email VARCHAR(254) NOT NULL,
    subject VARCHAR(200) NOT NULL, status VARCHAR(12) NOT NULL, created_at DATETIME NOT NULL, closed_at DATETIME);
CREATE INDEX tickets_user ON tickets (user_id);
CREATE INDEX tickets_email ON tickets (requester_email);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES tickets (id), reply_to INTEGER
    REFERENCES messages (id), author VARCHAR(12) NOT NULL, agent_name VARCHAR(64), body TEXT NOT NULL,
    sent_at DATETIME NOT NULL);
CREATE INDEX messages_ticket ON messages (ticket_id);
CREATE INDEX messages_reply ON messages (reply_to);
CREATE TABLE attachments (
    id INTEGER PRIMARY KEY, owner_type VARCHAR(12) NOT NULL, owner_id INTEGER NOT NULL,
    file_name VARCHAR(255) NOT NULL, bytes INTEGER NOT NULL, uploaded_at DATETIME NOT NULL);
CREATE INDEX attachments_owner ON attachments (owner_type, owner_id);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY, to_email VARCHAR(254) NOT NULL, template VARCHAR(40) NOT NULL, subject VARCHAR(200),
    sent_at DATETIME NOT NULL);
CREATE INDEX outbox_email ON outbox (to_email);
"""
